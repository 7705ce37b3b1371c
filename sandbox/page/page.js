// Polls the joined state once a second, draws it when it changed, and carries a person's acts back.

import { drawChat } from "./chat.js";
import { drawCrm } from "./crm.js";

const EVERY_MS = 1000;
const $ = (id) => document.getElementById(id);
const view = { channel: "", user: "", crm: "salesforce", q: "", home: false };
let seen = "";
let state = null;
let busy = null;

const page = {
  show(change) {
    Object.assign(view, change);
    seen = "";
    return refresh();
  },
  async openHome() {
    await page.show({ home: true });
    await page.act("home", {});
  },
  async act(kind, wanted) {
    // What was chosen, also where the answer that shows it is still on its way.
    const answer = await send(kind, { user: view.user, channel: view.channel, ...wanted });
    const refused = Object.values(answer.payload?.errors ?? {});
    if (answer.error || refused.length) tell(answer.error ?? refused.join(" · "), true);
    else if (answer.acknowledged) tell(`Answered in ${answer.elapsed_ms} ms`);
    else tell("The app did not answer within 3 seconds", true);
    await refresh();
    return answer;
  },
};

async function send(kind, wanted) {
  tell("Sending…");
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(`/api/${kind}`, { method: "POST", headers, body: JSON.stringify(wanted) });
    return await answer.json();
  } catch {
    return { error: "The demo is not reachable" };
  }
}

function tell(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

async function refresh() {
  const mine = {};
  busy = mine;
  const asked = new URLSearchParams({ channel: view.channel, user: view.user, crm: view.crm, q: view.q, seen });
  try {
    const answer = await fetch(`/api/state?${asked}`);
    if (busy !== mine || answer.status === 204) return;
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    state = await answer.json();
  } catch {
    tell("The demo is not reachable", true);
    return;
  }
  seen = state.tag;
  view.channel = state.chat.channel;
  view.user = state.chat.acting;
  document.title = state.title;
  $("title").textContent = state.title;
  drawChat(state.chat, view, page);
  drawCrm(state.crm, view, page);
}

$("command").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = $("command-text").value.trim();
  const [command, ...text] = typed.split(/\s+/);
  if (!command.startsWith("/")) return tell("A command starts with a slash, such as /funnel", true);
  view.home = false;
  view.awaitsAnswer = true; // the answer may come below what is in view
  return page.act("command", { command, text: text.join(" ") });
});

let pause = 0;
$("search").addEventListener("input", (event) => {
  clearTimeout(pause);
  pause = setTimeout(() => page.show({ q: event.target.value }), 200);
});

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(poll, EVERY_MS);
}
poll();
