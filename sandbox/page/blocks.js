// Block Kit as Slack draws it. `press(element, block, value)` is called when a person acts on an element.

import { chart, richText, table } from "./charts.js";
import { el } from "./dom.js";
import { mrkdwn, withEmoji } from "./mrkdwn.js";

export function renderBlocks(blocks, context) {
  return blocks.map((block) => {
    const draw = BLOCKS[block.type];
    return draw ? draw(block, context) : el("div", { className: "muted" }, `(${block.type})`);
  });
}

const textOf = (text, context) => (text.type === "mrkdwn" ? mrkdwn(text.text, context.names) : withEmoji(text.text));

const BLOCKS = {
  header: (block) => el("h3", { className: "b-header" }, withEmoji(block.text.text)),
  section: (block, context) => el(
    "div",
    { className: "b-section" },
    el(
      "div",
      {},
      block.text ? el("div", { className: "b-text" }, textOf(block.text, context)) : null,
      block.fields ? el("div", { className: "b-fields" }, block.fields.map((field) => el("div", {}, textOf(field, context)))) : null,
    ),
    block.accessory ? element(block.accessory, block, context) : null,
  ),
  context: (block, context) => el(
    "div",
    { className: "b-context" },
    block.elements.map((part) => (part.type === "image" ? picture(part) : el("span", {}, textOf(part, context)))),
  ),
  divider: () => el("hr", { className: "b-divider" }),
  actions: (block, context) => el("div", { className: "b-actions" }, block.elements.map((each) => element(each, block, context))),
  image: (block) => el("div", { className: "b-context" }, picture(block)),
  markdown: (block) => el("div", { className: "b-text" }, block.text),
  rich_text: (block, context) => richText(block, context.names),
  table: (block, context) => table(block, context.names),
  data_visualization: (block) => chart(block),
  input: (block, context) => el(
    "label",
    { className: "b-input" },
    el("span", {}, block.label.text, block.optional ? el("span", { className: "muted" }, " (optional)") : null),
    element(block.element, block, context),
    block.hint ? el("small", {}, block.hint.text) : null,
  ),
};

// Pictures would come from the network, and this page loads nothing from there.
const picture = (image) => el("span", { className: "muted" }, `[${image.alt_text}]`);

function element(given, block, context) {
  const draw = ELEMENTS[given.type];
  const drawn = draw ? draw(given, block, context) : el("span", { className: "muted" }, `(${given.type})`);
  if (drawn.dataset) Object.assign(drawn.dataset, { blockId: block.block_id, actionId: given.action_id, kind: given.type });
  return drawn;
}

const ELEMENTS = {
  button: (given, block, context) => el(
    "button",
    {
      type: "button",
      className: `b-button ${given.style ?? ""}`,
      onclick: () => {
        if (!agreed(given)) return;
        follow(given.url);
        context.press(given, block);
      },
    },
    withEmoji(given.text.text),
    given.url ? " ↗" : "",
  ),
  overflow: (given, block, context) => {
    const menu = el("details", { className: "b-overflow" }, el("summary", { title: "More" }, "⋯"));
    const choose = (option) => {
      menu.open = false;
      if (!agreed(given)) return;
      follow(option.url);
      context.press(given, block, option.value);
    };
    menu.append(el("div", { className: "b-menu" }, given.options.map((option) =>
      el("button", { type: "button", value: option.value, onclick: () => choose(option) }, withEmoji(option.text.text)))));
    return menu;
  },
  static_select: (given, block, context) => {
    const options = [...(given.options ?? []), ...(given.option_groups ?? []).flatMap((group) => group.options)];
    return select(given, block, context, options.map((option) => [option.value, option.text.text]), given.initial_option?.value);
  },
  radio_buttons: (given, block, context) =>
    select(given, block, context, given.options.map((option) => [option.value, option.text.text]), given.initial_option?.value),
  users_select: (given, block, context) => select(given, block, context, context.people, given.initial_user),
  datepicker: (given, block, context) =>
    el("input", { type: "date", value: given.initial_date ?? "", onchange: (event) => context.press(given, block, event.target.value) }),
  // Slack shows it in the reader's zone; this page is in UTC throughout.
  datetimepicker: (given) => el("input", { type: "datetime-local", value: minuteOf(given.initial_date_time) }),
  plain_text_input: (given) =>
    el(given.multiline ? "textarea" : "input", { value: given.initial_value ?? "", placeholder: given.placeholder?.text ?? "" }),
  number_input: (given) => el("input", { type: "number", value: given.initial_value ?? "" }),
};

function select(given, block, context, options, chosen) {
  const blank = el("option", { value: "" }, given.placeholder?.text ?? "Choose");
  const filled = options.map(([value, label]) => el("option", { value, selected: value === chosen }, withEmoji(label)));
  return el("select", { onchange: (event) => event.target.value && context.press(given, block, event.target.value) }, blank, filled);
}

const minuteOf = (seconds) => (seconds ? new Date(seconds * 1000).toISOString().slice(0, 16) : "");

// A link opens beside the page, and Slack still tells the app that it was pressed.
function follow(url) {
  if (/^https?:\/\//i.test(url ?? "")) window.open(url, "_blank", "noopener");
}

function agreed(given) {
  return !given.confirm || window.confirm(`${given.confirm.title.text}\n\n${given.confirm.text.text}`);
}
