/* What every part of the page needs: elements, numbers in words, and the line that says what happened. */

/** @param {string} id @returns {HTMLElement} */
export const byId = (id) => document.getElementById(id);

/**
 * Make an element. Names with a hyphen, and `role` and `for`, are attributes, all others properties. Children that are
 * strings become text, whatever is in them.
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children);
  return element;
}

function set(element, name, value) {
  if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
  else element[name] = value;
}

/** Let these be the children, in this order. What is there already is not moved: it may have the focus. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/** A name of a file or a person; what it holds cannot turn the text around it. */
export const named = (name) => make("bdi", {}, name);

export const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

export const grouped = (number) => number.toLocaleString("en");

/** "1 photo", "1,200 photos" */
export const count = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** "732 bytes", "2.4 GB" */
export function size(bytes) {
  const power = clamp(Math.floor(Math.log10(bytes || 1) / 3), 0, UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power && value < 99.95 ? 1 : 0)} ${UNITS[power]}`;
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Show what happened, and have it read out. */
export function say(sentence) {
  byId("said").textContent = sentence;
}
