// Building elements. Text only ever becomes a text node: nothing on this page parses HTML.

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

export function replace(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity));
}

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

export const timeOf = (date) => TIME.format(date);
export const dayOf = (date) => DAY.format(date);

export function momentOf(text) {
  const date = new Date(text.replace(/\+0000$/, "Z"));
  return Number.isNaN(date.getTime()) ? text : `${dayOf(date)}, ${timeOf(date)}`;
}
