// Blocks that show data: charts as simple bars, tables, rich text.

import { el } from "./dom.js";
import { emoji, link } from "./mrkdwn.js";

const NUMBER = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

export function chart(block) {
  const series = block.chart.type === "pie" ? [{ name: "", data: block.chart.segments }] : block.chart.series;
  const most = Math.max(1e-9, ...series.flatMap((each) => each.data.map((point) => Math.abs(point.value))));
  const labels = block.chart.axis_config?.categories ?? series[0].data.map((point) => point.label);
  const legend = series.length > 1
    ? el("div", { className: "chart-legend" }, series.map((each, n) => el("span", { className: `hue-${n % 6}` }, each.name)))
    : null;
  return el(
    "figure",
    { className: "chart" },
    el("figcaption", {}, block.title),
    legend,
    labels.map((label) => row(label, series, most)),
  );
}

function row(label, series, most) {
  const bars = series.map((each, n) => {
    const value = each.data.find((point) => point.label === label)?.value ?? 0;
    const bar = el("span", { className: `bar hue-${n % 6}` });
    bar.style.width = `${(Math.abs(value) / most) * 80}%`;
    return el("div", { className: "bar-line" }, bar, el("span", { className: "bar-value" }, NUMBER.format(value)));
  });
  return el("div", { className: "chart-row" }, el("span", { className: "chart-label" }, label), el("div", {}, bars));
}

export function table(block, names) {
  const [head, ...body] = block.rows;
  const line = (row, tag) =>
    el("tr", {}, row.map((each, n) => el(tag, { className: block.column_settings?.[n]?.align ?? "" }, cell(each, names))));
  return el("table", { className: "grid" }, el("thead", {}, line(head, "th")), el("tbody", {}, body.map((row) => line(row, "td"))));
}

function cell(content, names) {
  if (content.type === "rich_text") return richText(content, names);
  return content.type === "raw_number" ? content.text ?? NUMBER.format(content.value) : content.text;
}

export function richText(block, names) {
  return el("div", { className: "rich" }, block.elements.map((part) => richPart(part, names)));
}

function richPart(part, names) {
  if (part.type === "rich_text_list") {
    const tag = part.style === "ordered" ? "ol" : "ul";
    return el(tag, {}, part.elements.map((item) => el("li", {}, item.elements.map((word) => richWord(word, names)))));
  }
  const tag = { rich_text_quote: "blockquote", rich_text_preformatted: "pre" }[part.type] ?? "p";
  return el(tag, {}, part.elements.map((word) => richWord(word, names)));
}

function richWord(word, names) {
  const shown = {
    text: () => word.text,
    link: () => link(word.url, word.text ?? word.url),
    emoji: () => emoji(word.name),
    user: () => el("span", { className: "mention" }, `@${names[word.user_id] ?? word.user_id}`),
    channel: () => el("span", { className: "mention" }, `#${word.channel_id}`),
  }[word.type]();
  const tags = { bold: "b", italic: "i", strike: "s", code: "code" };
  return Object.keys(tags).reduce((inner, style) => (word.style?.[style] ? el(tags[style], {}, inner) : inner), shown);
}
