/* A group in the grid: its heading, and a button with the picture of each photo. */

import { arrange, capital, make } from "./dom.js";
import { roleOf } from "./library.js";
import { addressOf, edgeFor, noteLoaded } from "./pictures.js";

const LABELS = { best: "Best", kept: "Kept", "taken out": "Out", "for reference": "Reference" };

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
  /** The place of the photo that is reached by Tab, if it is one of this group. */
  #current = null;

  /** @param {import("./library.js").Group} group */
  constructor(group, open) {
    this.group = group;
    this.open = open;
    /** @type {Map<number, {button: HTMLElement, picture: HTMLImageElement, mark: HTMLElement, edge: number}>} */
    this.tiles = new Map();
    this.remarks = make("span", { className: "remarks" });
    const heading = make("h2", { id: `group-${group.number}` }, `${group.number}`);
    heading.prepend(make("span", { className: "unseen" }, "Group "));
    this.title = make("div", { className: "title", title: group.when }, heading, this.remarks);
    this.element = make("div", { className: "card", role: "listitem", "aria-labelledby": heading.id }, this.title);
    this.update();
  }

  /** Put the card where it belongs. @param {import("./grid.js").Box} box */
  place(box, at, total) {
    put(this.element, box);
    this.box = box;
    this.element.setAttribute("aria-posinset", at + 1);
    this.element.setAttribute("aria-setsize", total);
  }

  /** Have the photos between these heights of the list in the document; a time-lapse may have thousands. */
  show(top, bottom) {
    const { box } = this;
    const isWanted = (tile, place) =>
      place === this.#current || (box.top + tile.top < bottom && box.top + tile.top + tile.height > top);
    const wanted = new Set(box.tiles.flatMap((tile, place) => (isWanted(tile, place) ? [place] : [])));
    for (const place of [...this.tiles.keys()]) if (!wanted.has(place)) this.#remove(place);
    for (const place of wanted) if (!this.tiles.has(place)) this.#add(place);
    arrange(this.element, [this.title, ...[...wanted].map((place) => this.tiles.get(place).button)]);
  }

  #add(place) {
    const photo = this.group.photos[place];
    const picture = make("img", { alt: "", decoding: "async", draggable: false });
    const mark = make("span", { className: "mark" });
    const button = make("button", { type: "button", className: "tile", title: photo.name }, picture, mark);
    const tile = { button, picture, mark, edge: 0 };
    button.addEventListener("click", () => this.open(this.group, place));
    picture.addEventListener("load", () => noteLoaded(photo, tile.edge));
    picture.addEventListener("error", () => button.classList.add("is-missing"));
    put(button, this.box.tiles[place]);
    this.tiles.set(place, tile);
    this.#updateTile(place);
  }

  #remove(place) {
    giveUp(this.tiles.get(place));
    this.tiles.delete(place);
  }

  update() {
    const { group } = this;
    this.element.setAttribute("aria-busy", group.waiting > 0);
    this.element.classList.toggle("is-skipped", group.state.skip);
    this.remarks.replaceChildren(...remarksOn(group).map((word) => make("span", { className: word }, capital(word))));
    for (const place of this.tiles.keys()) this.#updateTile(place);
  }

  #updateTile(place) {
    const { group } = this;
    const photo = group.photos[place];
    const { button, mark } = this.tiles.get(place);
    const role = roleOf(group, photo);
    button.dataset.role = role;
    mark.textContent = LABELS[role] ?? "";
    const whole = `${place + 1} of ${group.photos.length}, group ${group.number}`;
    button.setAttribute("aria-label", [photo.name, role, whole].filter(Boolean).join(", "));
    button.tabIndex = place === this.#current ? 0 : -1;
    if (place === this.#current) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }

  /** Make this photo of the group the one that is reached by Tab, or none of them. */
  setCurrent(place) {
    this.#current = place;
    this.element.classList.toggle("is-current", place !== null);
    for (const other of this.tiles.keys()) this.#updateTile(other);
  }

  loadPictures() {
    for (const [place, tile] of this.tiles) {
      const photo = this.group.photos[place];
      const { width, height } = this.box.tiles[place];
      tile.edge = Math.min(1280, edgeFor(photo, Math.max(width, height)));
      const address = addressOf(photo, tile.edge);
      if (tile.picture.getAttribute("src") !== address) tile.picture.src = address;
    }
  }

  giveUpPictures() {
    for (const tile of this.tiles.values()) giveUp(tile);
  }
}

/* What has not come yet is not wanted any longer. */
function giveUp({ picture }) {
  if (!picture.complete) picture.removeAttribute("src");
}

function put(element, { left, top, width, height }) {
  const lengths = { left, top, width, height };
  for (const [side, length] of Object.entries(lengths)) element.style[side] = `${length}px`;
}
