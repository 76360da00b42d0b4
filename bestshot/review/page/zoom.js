/* One zoom and one place for all photos that are side by side: by wheel, by dragging, by fingers and by keys. */

import { clamp } from "./dom.js";

const LARGEST = 12;
const STEP = 1.5;
const SWIPE = 60;
const CLICK = 5;
const EVEN = 2;

/**
 * A photo on the stage: `frame`, of the size and at the place that it is looked at with, within `element`.
 * @typedef {{element: HTMLElement, frame: HTMLElement, photo: import("./library.js").Photo}} Pane
 */

export class Zoom extends EventTarget {
  /** The zoom relative to "fit", and the point of the photos, as fractions of their size, in the middle. */
  zoom = 1;
  x = 0.5;
  y = 0.5;
  /** @type {Pane[]} */
  panes = [];
  /** Whether it stays at 100 % where photos of another size, or panes, are shown. */
  #isHeldFull = false;
  #fingers = new Map();
  #moved = { x: 0, y: 0 };

  /** @param {HTMLElement} stage; tells with "zoom" of a change, with "swipe" and "pane" what a hand did. */
  constructor(stage) {
    super();
    stage.addEventListener("pointerdown", (event) => this.#down(event, stage));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    stage.addEventListener("pointerup", (event) => this.#up(event));
    stage.addEventListener("pointercancel", (event) => this.#fingers.delete(event.pointerId));
    stage.addEventListener("dblclick", (event) => this.toggleFull(event.clientX, event.clientY));
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.layOut()).observe(stage);
  }

  /** The zoom at which a pixel of the first photo is a pixel of the screen. */
  get full() {
    const [pane] = this.panes;
    return pane ? 1 / (fitting(pane) * devicePixelRatio) : 1;
  }

  get isFull() {
    return Math.abs(this.zoom / this.full - 1) < 0.001;
  }

  /** Whether somebody looks closer than at whole photos. */
  get isEnlarged() {
    return this.zoom > 1 || this.isFull;
  }

  reset() {
    Object.assign(this, { zoom: 1, x: 0.5, y: 0.5 });
    this.#isHeldFull = false;
    this.layOut();
  }

  layOut() {
    if (this.#isHeldFull) this.zoom = this.full;
    for (const pane of this.panes) {
      const { width, height } = this.#sizeIn(pane);
      const left = offset(pane.element.clientWidth, width, this.x);
      const top = offset(pane.element.clientHeight, height, this.y);
      const { style } = pane.frame;
      Object.assign(style, { width: `${width}px`, height: `${height}px`, transform: `translate(${left}px, ${top}px)` });
    }
    this.dispatchEvent(new Event("zoom"));
  }

  /** Move what is seen by so many pixels of a photo, or of the first. */
  pan(right, down, pane = this.panes[0]) {
    if (!pane) return;
    const { width, height } = this.#sizeIn(pane);
    this.#centre(this.x + right / width, this.y + down / height);
  }

  /** Zoom so that what is at this point of the window stays there. */
  to(zoom, clientX, clientY) {
    const pane = this.#paneAt(clientX, clientY);
    if (!pane) return;
    const bounds = pane.element.getBoundingClientRect();
    const right = clientX === undefined ? 0 : clientX - bounds.left - bounds.width / 2;
    const down = clientY === undefined ? 0 : clientY - bounds.top - bounds.height / 2;
    const before = this.#sizeIn(pane);
    const [x, y] = [this.x + right / before.width, this.y + down / before.height];
    this.zoom = clamp(zoom, Math.min(1, this.full), Math.max(LARGEST, 4 * this.full));
    this.#isHeldFull = zoom === this.full;
    const after = this.#sizeIn(pane);
    this.#centre(x - right / after.width, y - down / after.height);
  }

  step(direction) {
    this.to(this.zoom * STEP ** direction);
  }

  toggleFull(clientX, clientY) {
    this.to(this.isFull ? 1 : this.full, clientX, clientY);
  }

  /** Bring a part of a photo, given by the fractions where it begins and ends, to the middle, and that of the others. */
  toBox([left, top, right, bottom], photo) {
    const pane = this.panes.find((one) => one.photo === photo) ?? this.panes[0];
    const { width, height } = pane.photo;
    const { clientWidth, clientHeight } = pane.element;
    const scale = 0.6 * Math.min(clientWidth / ((right - left) * width), clientHeight / ((bottom - top) * height));
    this.zoom = clamp(scale / fitting(pane), 1, LARGEST);
    this.#isHeldFull = false;
    this.#centre((left + right) / 2, (top + bottom) / 2);
  }

  #sizeIn(pane) {
    const scale = this.zoom * fitting(pane) * this.#evening(pane);
    return { width: pane.photo.width * scale, height: pane.photo.height * scale };
  }

  /* Whole photos fill their panes, upright ones too; the longer sides of enlarged ones are equal, and so is what they show. */
  #evening(pane) {
    const lengthIn = (one) => fitting(one) * Math.max(one.photo.width, one.photo.height);
    const until = this.full > 1.05 ? Math.min(this.full, EVEN) : EVEN;
    return (lengthIn(this.panes[0]) / lengthIn(pane)) ** clamp(Math.log(this.zoom) / Math.log(until), 0, 1);
  }

  /* Every photo can be seen up to its edges; where one is whole already, only the others move. */
  #centre(x, y) {
    const sizes = this.panes.map((pane) => [pane.element, this.#sizeIn(pane)]);
    const across = Math.min(0.5, ...sizes.map(([{ clientWidth }, { width }]) => clientWidth / 2 / width));
    const down = Math.min(0.5, ...sizes.map(([{ clientHeight }, { height }]) => clientHeight / 2 / height));
    this.x = clamp(x, across, 1 - across);
    this.y = clamp(y, down, 1 - down);
    this.layOut();
  }

  #paneAt(x, y) {
    return this.panes.find(({ element }) => contains(element.getBoundingClientRect(), x, y)) ?? this.panes[0];
  }

  #down(event, stage) {
    if (event.target.closest("button")) return;
    stage.setPointerCapture(event.pointerId);
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.#fingers.size === 1) this.#moved = { x: 0, y: 0 };
  }

  #move(event) {
    if (!this.#fingers.has(event.pointerId)) return;
    const before = middle(this.#fingers);
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const after = middle(this.#fingers);
    this.#moved.x += after.x - before.x;
    this.#moved.y += after.y - before.y;
    this.pan(before.x - after.x, before.y - after.y, this.#paneAt(after.x, after.y));
    if (before.apart && after.apart) this.to((this.zoom * after.apart) / before.apart, after.x, after.y);
  }

  #up(event) {
    if (!this.#fingers.delete(event.pointerId) || this.#fingers.size) return;
    const { x, y } = this.#moved;
    if (Math.hypot(x, y) < CLICK) this.#tell("pane", this.#paneAt(event.clientX, event.clientY));
    else if (this.zoom === 1 && Math.abs(x) > SWIPE && Math.abs(x) > Math.abs(y)) this.#tell("swipe", -Math.sign(x));
  }

  #wheel(event) {
    event.preventDefault();
    this.to(this.zoom * Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/* How much a photo is scaled to fit into its pane. */
function fitting({ element, photo }) {
  return Math.min(element.clientWidth / photo.width, element.clientHeight / photo.height) || 1;
}

/* Where a photo begins so that the point is in the middle, but no edge of the photo within its pane. */
function offset(room, length, point) {
  return length <= room ? (room - length) / 2 : clamp(room / 2 - point * length, room - length, 0);
}

function contains(bounds, x, y) {
  return x >= bounds.left && x < bounds.right && y >= bounds.top && y < bounds.bottom;
}

function middle(fingers) {
  const all = [...fingers.values()];
  const mean = (axis) => all.reduce((sum, finger) => sum + finger[axis], 0) / all.length;
  const apart = all.length > 1 ? Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y) : 0;
  return { x: mean("x"), y: mean("y"), apart };
}
