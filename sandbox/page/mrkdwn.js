// Slack's mrkdwn as DOM nodes: bold, italics, strike, code, links, mentions, quotes, emoji, escaped entities.

import { el } from "./dom.js";

const EMOJI = {
  fire: "🔥", bell: "🔔", eyes: "👀", warning: "⚠️", rotating_light: "🚨", alarm_clock: "⏰", zzz: "💤", star: "⭐",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌",
  no_entry: "⛔", no_entry_sign: "🚫", chart_with_upwards_trend: "📈", bar_chart: "📊", link: "🔗", mag: "🔍",
  rocket: "🚀", tada: "🎉", wave: "👋", point_right: "👉", bulb: "💡", information_source: "ℹ️", calendar: "📅",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", red_circle: "🔴", white_circle: "⚪",
  arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", speech_balloon: "💬", raised_hand: "✋", lock: "🔒",
  bust_in_silhouette: "👤", busts_in_silhouette: "👥", moneybag: "💰", office: "🏢", memo: "📝",
};
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

const TOKEN = new RegExp(
  [
    "```(?<pre>[\\s\\S]+?)```",
    "`(?<code>[^`\\n]+)`",
    "<(?<angle>[^<>\\n]+)>",
    ":(?<emoji>[a-z0-9_+-]+):",
    "(?<![\\w*])\\*(?=\\S)(?<bold>[^*\\n]*[^*\\s])\\*(?![\\w*])",
    "(?<![\\w_])_(?=\\S)(?<italic>[^_\\n]*[^_\\s])_(?![\\w_])",
    "(?<![\\w~])~(?=\\S)(?<strike>[^~\\n]*[^~\\s])~(?![\\w~])",
    "(?<line>\\n)",
  ].join("|"),
  "g",
);

export const unescape = (text) => text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);
export const emoji = (name) => EMOJI[name] ?? `:${name}:`;
export const withEmoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (_, name) => emoji(name));

export function mrkdwn(text, names = {}) {
  const parts = [];
  let quoted = [];
  const closeQuote = () => {
    if (quoted.length) parts.push(el("blockquote", {}, inline(quoted.join("\n"), names)));
    quoted = [];
  };
  let open = [];
  const closeText = () => {
    if (open.length) parts.push(...inline(open.join("\n"), names));
    open = [];
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("&gt;") || line.startsWith(">")) {
      closeText();
      quoted.push(line.replace(/^(&gt;|>) ?/, ""));
    } else {
      closeQuote();
      open.push(line);
    }
  }
  closeText();
  closeQuote();
  return parts;
}

function inline(text, names) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) nodes.push(unescape(text.slice(end, match.index)));
    nodes.push(token(match.groups, names));
    end = match.index + match[0].length;
  }
  if (end < text.length) nodes.push(unescape(text.slice(end)));
  return nodes;
}

function token(groups, names) {
  if (groups.pre !== undefined) return el("pre", {}, unescape(groups.pre.replace(/^\n/, "")));
  if (groups.code !== undefined) return el("code", {}, unescape(groups.code));
  if (groups.angle !== undefined) return angle(groups.angle, names);
  if (groups.emoji !== undefined) return el("span", { className: "emoji" }, emoji(groups.emoji));
  if (groups.bold !== undefined) return el("b", {}, inline(groups.bold, names));
  if (groups.italic !== undefined) return el("i", {}, inline(groups.italic, names));
  if (groups.strike !== undefined) return el("s", {}, inline(groups.strike, names));
  return el("br");
}

function angle(inside, names) {
  const [target, label] = inside.split(/\|(.*)/s);
  if (target.startsWith("@")) return el("span", { className: "mention" }, `@${names[target.slice(1)] ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return el("span", { className: "mention" }, `#${unescape(label ?? target.slice(1))}`);
  if (target.startsWith("!date")) return unescape(label ?? "");
  if (target.startsWith("!")) return el("span", { className: "mention loud" }, `@${unescape(label ?? target.slice(1))}`);
  return link(unescape(target), unescape(label ?? target));
}

export function link(url, label) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return label;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}
