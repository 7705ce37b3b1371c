// The Slack side: channels, the conversation in view, the Home tab, and modals.

import { renderBlocks } from "./blocks.js";
import { dayOf, el, replace, timeOf } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

const HOME = "home";
const $ = (id) => document.getElementById(id);
const seenIn = new Map();
let versions = new Map();
let drawnModal = null;
let firstDraw = true;

export function drawChat(chat, view, page) {
  drawPeople(chat, page);
  drawChannels(chat, view, page);
  const context = { names: chat.names, people: chat.people.map((person) => [person.id, person.name]) };
  if (view.home) drawHome(chat, context, page);
  else drawMessages(chat, context, view, page);
  drawModal(chat, context, page);
}

function drawPeople(chat, page) {
  replace($("acting"), chat.people.map((person) =>
    el("option", { value: person.id, selected: person.id === chat.acting }, person.name)));
  $("acting").onchange = (event) => page.show({ user: event.target.value });
}

function drawChannels(chat, view, page) {
  const entry = (channel) => {
    const current = !view.home && channel.id === chat.channel;
    if (current || firstDraw) seenIn.set(channel.id, { latest: channel.latest, count: channel.count });
    const seen = seenIn.get(channel.id) ?? { latest: "", count: 0 };
    const unread = seen.latest !== channel.latest;
    const fresh = channel.count - seen.count;
    const label = channel.person ? chat.names[channel.person] ?? channel.person : channel.name;
    return el(
      "button",
      { className: `channel ${current ? "current" : ""} ${unread ? "unread" : ""}`, onclick: () => page.show({ channel: channel.id, home: false }) },
      el("span", { className: "sign" }, channel.person ? "@" : channel.private ? "⌂" : "#"),
      el("span", { className: "label" }, label),
      fresh > 0 ? el("span", { className: "count fresh" }, `${fresh} new`) : null,
      fresh <= 0 && channel.count ? el("span", { className: "count" }, String(channel.count)) : null,
    );
  };
  const rooms = chat.channels.filter((channel) => !channel.person);
  const direct = chat.channels.filter((channel) => channel.person);
  const home = el(
    "button",
    { className: `channel ${view.home ? "current" : ""}`, onclick: () => page.openHome() },
    el("span", { className: "sign" }, "▤"),
    el("span", { className: "label" }, "App Home"),
  );
  replace($("channels"), el("h4", {}, "Channels"), rooms.map(entry), el("h4", {}, "Direct messages"), direct.map(entry), el("h4", {}, "App"), home);
  firstDraw = false;
}

function drawMessages(chat, context, view, page) {
  const channel = chat.channels.find((each) => each.id === chat.channel);
  $("place").textContent = channel?.person ? `App ↔ ${chat.names[channel.person]}` : `# ${channel?.name ?? ""}`;
  const box = $("messages");
  const grew = chat.messages.length > Number(box.dataset.count ?? 0);
  const answered = view.awaitsAnswer && grew;
  const nearEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const atEnd = answered || nearEnd || box.dataset.channel !== chat.channel;
  if (answered) view.awaitsAnswer = false;
  const before = versions;
  versions = new Map();
  let day = "";
  const drawn = chat.messages.flatMap((message) => {
    const date = new Date(Number(message.ts.split(".")[0]) * 1000);
    const parts = [];
    if (!message.thread_ts && dayOf(date) !== day) {
      day = dayOf(date);
      parts.push(el("div", { className: "day" }, day));
    }
    return [...parts, drawMessage(message, date, before, context, page)];
  });
  replace(box, drawn.length ? drawn : el("p", { className: "empty" }, "Nothing here yet. Messages appear as the bot posts them."));
  box.dataset.channel = chat.channel;
  box.dataset.count = String(chat.messages.length);
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function drawMessage(message, date, before, context, page) {
  versions.set(message.ts, message.changes);
  const flash = before.has(message.ts) && before.get(message.ts) !== message.changes;
  const press = (element, block, value) =>
    page.act("click", { channel: message.channel, ts: message.ts, block_id: block.block_id, action_id: element.action_id, value });
  const name = context.names[message.user] ?? message.user;
  return el(
    "article",
    { className: `message ${message.thread_ts ? "reply" : ""} ${message.only_for ? "whisper" : ""} ${flash ? "flash" : ""}`, "data-ts": message.ts },
    el("div", { className: "avatar", "aria-hidden": "true" }, name.slice(0, 1).toUpperCase()),
    el(
      "div",
      { className: "body" },
      message.only_for ? el("div", { className: "only" }, "Only visible to you") : null,
      el(
        "div",
        { className: "who" },
        el("b", {}, name),
        el("time", {}, timeOf(date)),
        message.changes ? el("span", { className: "changed", title: `${message.changes} earlier version(s)` }, `changed ${message.changes}×`) : null,
      ),
      message.blocks?.length ? renderBlocks(message.blocks, { ...context, press }) : el("div", { className: "b-text" }, mrkdwn(message.text, context.names)),
    ),
  );
}

function drawHome(chat, context, page) {
  $("place").textContent = `App Home · ${chat.names[chat.acting] ?? ""}`;
  const view = chat.views.find((each) => each.type === HOME);
  const press = (element, block, value) =>
    page.act("click", { view_id: view.id, block_id: block.block_id, action_id: element.action_id, value });
  const box = $("messages");
  box.dataset.channel = HOME;
  replace(box, el("div", { className: "home" }, view ? renderBlocks(view.blocks, { ...context, press }) : el("p", { className: "empty" }, "The app has not published a Home for this person.")));
}

function drawModal(chat, context, page) {
  const dialog = $("modal");
  const view = chat.views.find((each) => each.type === "modal");
  if (!view) {
    if (dialog.open) dialog.close();
    drawnModal = null;
    return;
  }
  if (drawnModal === view.hash) return;
  drawnModal = view.hash;
  const press = (element, block, value) => {
    if (block.type !== "input") page.act("click", { view_id: view.id, block_id: block.block_id, action_id: element.action_id, value });
  };
  const close = () => page.act("close", { view_id: view.id });
  const send = async () => {
    const answer = await page.act("submit", { view_id: view.id, values: valuesOf(dialog) });
    markWrong(dialog, answer.payload?.errors ?? {});
  };
  replace(
    dialog,
    el("h3", {}, view.title.text),
    renderBlocks(view.blocks, { ...context, press }),
    el(
      "div",
      { className: "b-actions end" },
      el("button", { className: "b-button", onclick: close }, view.close?.text ?? "Cancel"),
      view.submit ? el("button", { className: "b-button primary", onclick: send }, view.submit.text) : null,
    ),
  );
  dialog.oncancel = close;
  if (!dialog.open) dialog.showModal();
}

// What the app says is wrong with an answer, under the field it is about.
function markWrong(dialog, errors) {
  dialog.querySelectorAll(".b-input .wrong").forEach((mark) => mark.remove());
  for (const field of dialog.querySelectorAll(".b-input [data-block-id]")) {
    const said = errors[field.dataset.blockId];
    if (said) field.after(el("small", { className: "wrong" }, said));
  }
}

function valuesOf(dialog) {
  const values = {};
  for (const field of dialog.querySelectorAll(".b-input [data-action-id]")) {
    const { blockId, actionId, kind } = field.dataset;
    (values[blockId] ??= {})[actionId] = stateOf(kind, field);
  }
  return values;
}

function stateOf(kind, field) {
  const value = field.value || null;
  if (kind === "users_select") return { type: kind, selected_user: value };
  if (kind === "datepicker") return { type: kind, selected_date: value };
  if (kind === "datetimepicker") return { type: kind, selected_date_time: value && Date.parse(`${value}Z`) / 1000 };
  if (field.tagName !== "SELECT") return { type: kind, value };
  const text = { type: "plain_text", text: field.selectedOptions[0]?.textContent ?? "" };
  return { type: kind, selected_option: value === null ? null : { text, value } };
}
