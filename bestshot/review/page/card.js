/* A group in the grid: its heading, and a button with the picture of each photo. */

import { capital, make } from "./dom.js";
import { roleOf } from "./library.js";
import { addressOf, edgeFor, noteLoaded } from "./pictures.js";

const LABELS = { best: "Best", kept: "Kept", "taken out": "Out" };

/** What is to be said about a group beside its number. @param {import("./library.js").Group} group */
export function remarksOn({ kind, isSet, isDoubtful, state }) {
  return [
    isSet ? `${kind}, kept whole` : kind,
    ...(isDoubtful && !state.decided ? ["toss-up"] : []),
    ...(state.skip ? ["skipped"] : state.decided ? ["decided"] : []),
    ...(state.seen ? ["seen"] : []),
  ];
}

export class Card {
  /** @param {import("./library.js").Group} group */
  constructor(group, open) {
    this.group = group;
    this.tiles = group.photos.map((photo, place) => this.#tile(photo, () => open(group, place)));
    this.remarks = make("span", { className: "remarks" });
    const heading = make("h2", { id: `group-${group.number}` }, `${group.number}`);
    heading.prepend(make("span", { className: "unseen" }, "Group "));
    const title = make("div", { className: "title", title: group.when }, heading, this.remarks);
    this.element = make("div", { className: "card", role: "listitem", "aria-labelledby": heading.id }, title);
    this.element.append(...this.tiles.map(({ button }) => button));
    this.update();
  }

  #tile(photo, open) {
    const picture = make("img", { alt: "", decoding: "async", loading: "lazy", draggable: false });
    const mark = make("span", { className: "mark" });
    const button = make("button", { type: "button", className: "tile", tabIndex: -1, title: photo.name }, picture, mark);
    button.addEventListener("click", open);
    const tile = { photo, button, picture, mark, edge: 0 };
    picture.addEventListener("load", () => noteLoaded(photo, tile.edge));
    picture.addEventListener("error", () => button.classList.add("is-missing"));
    return tile;
  }

  /** Put the card where it belongs. @param {import("./grid.js").Box} box */
  place(box, at, total) {
    put(this.element, box);
    this.tiles.forEach(({ button }, place) => put(button, box.tiles[place]));
    this.box = box;
    this.element.setAttribute("aria-posinset", at + 1);
    this.element.setAttribute("aria-setsize", total);
  }

  update() {
    const { group } = this;
    this.element.setAttribute("aria-busy", group.waiting > 0);
    this.element.classList.toggle("is-skipped", group.state.skip);
    this.element.classList.toggle("is-set", group.isSet);
    this.element.classList.toggle("is-seen", group.state.seen);
    this.remarks.replaceChildren(...remarksOn(group).map((word) => make("span", { className: word }, capital(word))));
    this.tiles.forEach(({ photo, button, mark }, place) => {
      const role = roleOf(group, photo);
      button.dataset.role = role;
      mark.textContent = LABELS[role] ?? "";
      const whole = `${place + 1} of ${group.photos.length}, group ${group.number}`;
      button.setAttribute("aria-label", [photo.name, role, whole].filter(Boolean).join(", "));
    });
  }

  /** Make this photo of the group the one that is reached by Tab, or none of them. */
  setCurrent(place) {
    this.element.classList.toggle("is-current", place !== null);
    this.tiles.forEach(({ button }, other) => {
      button.tabIndex = other === place ? 0 : -1;
      if (other === place) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }

  loadPictures() {
    this.tiles.forEach((tile, place) => {
      const { width, height } = this.box.tiles[place];
      tile.edge = Math.min(1280, edgeFor(tile.photo, Math.max(width, height)));
      const address = addressOf(tile.photo, tile.edge);
      if (tile.picture.getAttribute("src") !== address) tile.picture.src = address;
    });
  }

  /** What has not come yet is not wanted any longer. */
  giveUpPictures() {
    for (const { picture } of this.tiles) if (!picture.complete) picture.removeAttribute("src");
  }
}

function put(element, { left, top, width, height }) {
  const lengths = { left, top, width, height };
  for (const [side, length] of Object.entries(lengths)) element.style[side] = `${length}px`;
}
