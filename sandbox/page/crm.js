// The CRM side: one line per record, opened to its fields; what changed is marked with who and when.

import { el, momentOf, replace } from "./dom.js";

const $ = (id) => document.getElementById(id);
const NUMBER = new Intl.NumberFormat("en-GB");
const opened = new Set();
let lastChange = new Map();

export function drawCrm(crm, view, page) {
  for (const tab of document.querySelectorAll("[data-crm]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.crm === crm.name));
    tab.onclick = () => page.show({ crm: tab.dataset.crm });
  }
  $("counts").textContent = counts(crm, view.q);
  const before = lastChange;
  lastChange = new Map(crm.rows.map((row) => [row.id, row.changed_at]));
  const rows = crm.rows.map((row) => record(row, before.has(row.id) && before.get(row.id) !== row.changed_at));
  replace($("records"), crm.rows.length ? [head(), rows] : el("p", { className: "empty" }, view.q ? "No record matches." : "No record has changed yet."));
}

function counts(crm, search) {
  const changed = `${NUMBER.format(crm.changed)} of ${NUMBER.format(crm.total)} records changed`;
  const found = search ? ` · ${NUMBER.format(crm.matching)} match “${search}”` : "";
  const cut = crm.matching > crm.rows.length ? ` · the newest ${crm.rows.length} shown` : "";
  return changed + found + cut;
}

const head = () => el(
  "div",
  { className: "record-head" },
  ["Record", "Tier", "Score", "Route", "Last change"].map((name) => el("span", {}, name)),
);

function record(row, fresh) {
  const [tier, score, route] = row.summary;
  const newest = row.fields.find((field) => field.at === row.changed_at);
  const details = el(
    "details",
    { className: `record ${fresh ? "flash" : ""}`, open: opened.has(row.id), "data-id": row.id },
    el(
      "summary",
      {},
      el("span", { className: "name" }, el("b", {}, row.name), el("small", {}, row.object, row.deleted ? " · deleted" : "")),
      el("span", {}, tier ? el("span", { className: `tier ${["hot", "warm", "watching"].includes(tier) ? tier : ""}` }, tier) : "–"),
      el("span", { className: "number" }, score || "–"),
      el("span", { className: "route" }, route ? route.replaceAll("_", " ") : "–"),
      el("span", { className: "last" }, row.changed_at ? [momentOf(row.changed_at), el("small", {}, newest?.by ?? "")] : "–"),
    ),
    el("table", { className: "fields" }, el("tbody", {}, row.fields.map(fieldLine))),
  );
  details.addEventListener("toggle", () => (details.open ? opened.add(row.id) : opened.delete(row.id)));
  return details;
}

function fieldLine(field) {
  return el(
    "tr",
    { className: field.at ? "field-changed" : "" },
    el("th", {}, field.name),
    el("td", {}, field.value || "(blank)"),
    el("td", { className: "by" }, field.at ? `${field.by} · ${momentOf(field.at)}` : ""),
  );
}
