/* The list of groups. Only those in sight are in the document; the one the reviewer is at always stays. */

import { Card } from "./card.js";
import { arrange, byId, clamp } from "./dom.js";

const MARGIN = 400;
const SETTLED = 90;
const NARROW = 0.32;
const HEAD = 30;
const GAP = 4;
const BETWEEN = 14;
const NARROWEST = 190;
const SMALLEST = 0.7;

export class Grid {
  /** @type {Map<number, Card>} the cards in the document, by where their groups are among those shown */
  #cards = new Map();
  #boxes = [];
  #drawing = 0;
  #settling = 0;
  #isFollowing = false;

  /** @param {import("./library.js").Library} library */
  constructor(library, open) {
    this.library = library;
    this.open = open;
    this.room = byId("grid");
    this.list = byId("groups");
    this.tileHeight = 150;
    this.room.addEventListener("scroll", () => this.#drawSoon(), { passive: true });
    new ResizeObserver(() => this.lay()).observe(this.room);
    this.list.addEventListener("focusin", (event) => this.#follow(event.target));
    library.addEventListener("shown", () => this.lay());
    library.addEventListener("place", () => this.#showPlace());
    library.addEventListener("states", ({ detail }) => this.#update(detail));
  }

  /** Whether a photo has the focus. */
  get hasFocus() {
    return this.list.contains(document.activeElement);
  }

  setTileHeight(height) {
    this.tileHeight = height;
    this.lay();
  }

  /** Lay everything out anew, for other groups, another width or another size. */
  lay() {
    const width = this.list.clientWidth;
    if (!width) return;
    const hadFocus = this.hasFocus;
    this.#boxes = pack(this.library.shown, width, Math.min(this.tileHeight, Math.round(width * NARROW)));
    this.list.style.height = `${this.#boxes.at(-1)?.bottom ?? 0}px`;
    for (const at of [...this.#cards.keys()]) this.#remove(at);
    this.#showPlace(hadFocus);
  }

  /** Give the focus to the photo the reviewer is at. */
  focus() {
    this.#cards.get(this.library.at)?.tiles.get(this.library.photoAt)?.button.focus({ preventScroll: true });
  }

  /** The place of the group in the row above (-1) or below (1). */
  vertically(direction) {
    return vertically(this.#boxes, this.library.at, direction);
  }

  #showPlace(takesFocus = this.hasFocus) {
    const box = this.#boxes[this.library.at];
    if (!box || !this.list.clientWidth) return;
    if (!this.#isFollowing) this.#scrollTo(box);
    for (const [at, card] of this.#cards) card.setCurrent(at === this.library.at ? this.library.photoAt : null);
    this.#draw();
    if (takesFocus) this.focus();
  }

  #scrollTo(box) {
    const tile = box.tiles[this.library.photoAt];
    const offset = this.list.offsetTop;
    const top = offset + (tile === box.tiles[0] ? box.top : box.top + tile.top) - 8;
    const bottom = offset + box.top + tile.top + tile.height + 8;
    const { scrollTop, clientHeight } = this.room;
    if (top < scrollTop) this.room.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.room.scrollTop = Math.min(top, bottom - clientHeight);
  }

  #drawSoon() {
    this.#drawing ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#drawing = 0;
    const middle = this.room.scrollTop - this.list.offsetTop;
    const [top, bottom] = [middle - MARGIN, middle + this.room.clientHeight + MARGIN];
    const wanted = this.#wanted(top, bottom);
    for (const at of [...this.#cards.keys()]) if (!wanted.includes(at)) this.#remove(at);
    const cards = wanted.map((at) => this.#cards.get(at) ?? this.#make(at));
    arrange(this.list, cards.map(({ element }) => element));
    for (const card of cards) card.show(top, bottom);
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#loadPictures(), SETTLED);
  }

  /* The groups between two heights, and the one that the reviewer is at, in order. */
  #wanted(top, bottom) {
    const [first, end] = between(this.#boxes, top, bottom);
    const wanted = Array.from({ length: end - first }, (_, index) => first + index);
    const { at } = this.library;
    if (!this.#boxes[at] || wanted.includes(at)) return wanted;
    return at < first ? [at, ...wanted] : [...wanted, at];
  }

  #make(at) {
    const card = new Card(this.library.shown[at], this.open);
    card.place(this.#boxes[at], at, this.#boxes.length);
    if (at === this.library.at) card.setCurrent(this.library.photoAt);
    this.#cards.set(at, card);
    return card;
  }

  #remove(at) {
    const card = this.#cards.get(at);
    card.giveUpPictures();
    card.element.remove();
    this.#cards.delete(at);
  }

  /* Pictures are asked for where the list rests, not for all that fly by. */
  #loadPictures() {
    for (const card of this.#cards.values()) card.loadPictures();
  }

  #update(groups) {
    const changed = new Set(groups);
    for (const card of this.#cards.values()) if (changed.has(card.group)) card.update();
  }

  /* Where the focus goes the reviewer goes; nothing is scrolled, lest a click miss what it was on. */
  #follow(target) {
    const [at, card] = [...this.#cards].find(([, one]) => one.element.contains(target)) ?? [];
    const [place] = [...(card?.tiles ?? [])].find(([, { button }]) => button === target) ?? [];
    if (place === undefined || (at === this.library.at && place === this.library.photoAt)) return;
    this.#isFollowing = true;
    this.library.go(at, place);
    this.#isFollowing = false;
  }
}

/** @typedef {{left: number, top: number, width: number, height: number, bottom: number, tiles: object[]}} Box */

/**
 * Pack groups into rows, side by side where they fit; `bottom` of a box is that of its row.
 * @param {import("./library.js").Group[]} groups
 * @returns {Box[]}
 */
export function pack(groups, width, tileHeight) {
  const boxes = [];
  let row = [];
  let left = 0;
  let top = 0;
  const closeRow = () => {
    const bottom = Math.max(...row.map((box) => box.top + box.height));
    for (const box of row) box.bottom = bottom;
    [row, left, top] = [[], 0, bottom + BETWEEN];
  };
  for (const group of groups) {
    const box = boxOf(group, width, tileHeight);
    if (row.length && left + box.width > width) closeRow();
    Object.assign(box, { left, top });
    left += box.width + BETWEEN;
    row.push(box);
    boxes.push(box);
  }
  if (row.length) closeRow();
  return boxes;
}

/* A group by itself: its photos in lines below its heading. */
function boxOf({ photos }, room, wantedHeight) {
  const tileHeight = heightFor(photos, room, wantedHeight);
  const tiles = [];
  let left = 0;
  let top = HEAD;
  let widest = Math.min(room, NARROWEST);
  for (const photo of photos) {
    const width = Math.min(room, Math.floor(tileHeight * shapeOf(photo)));
    if (left && left + width > room) [left, top] = [0, top + tileHeight + GAP];
    tiles.push({ left, top, width, height: tileHeight });
    left += width + GAP;
    widest = Math.max(widest, left - GAP);
  }
  return { tiles, width: widest, height: top + tileHeight };
}

const shapeOf = ({ width, height }) => clamp(width / height || 1, 0.55, 1.9);

/* A group that nearly fits into a line is shown a little smaller, and does. */
function heightFor(photos, room, tileHeight) {
  const shapes = photos.reduce((sum, photo) => sum + shapeOf(photo), 0);
  const fitting = Math.floor((room - GAP * (photos.length - 1)) / shapes);
  return fitting < tileHeight && fitting >= SMALLEST * tileHeight ? fitting : tileHeight;
}

/** The first and one past the last box that lie between two heights. @param {Box[]} boxes */
export function between(boxes, top, bottom) {
  const first = firstBy(boxes, (box) => box.bottom > top);
  return [first, firstBy(boxes, (box) => box.top >= bottom)];
}

function firstBy(boxes, isBehind) {
  let [low, high] = [0, boxes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBehind(boxes[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The box in the row above (-1) or below (1) that is nearest to this one, or itself. @param {Box[]} boxes */
export function vertically(boxes, at, direction) {
  const here = boxes[at];
  let other = at;
  while (boxes[other]?.top === here.top) other += direction;
  if (!boxes[other]) return at;
  const { top } = boxes[other];
  let nearest = other;
  for (; boxes[other]?.top === top; other += direction) {
    if (Math.abs(boxes[other].left - here.left) < Math.abs(boxes[nearest].left - here.left)) nearest = other;
  }
  return nearest;
}
