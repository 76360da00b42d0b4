/* One photo, or two or four of a group side by side, as large as there is room. */

import { arrange, byId, capital, clamp, make, named, say } from "./dom.js";
import { remarksOn } from "./card.js";
import { roleOf } from "./library.js";
import { addressOf, edgeFor, loadAhead, noteLoaded, soonest } from "./pictures.js";
import { get } from "./server.js";
import { Zoom } from "./zoom.js";

const SETTLED = 120;
const NEIGHBOURS = 3;
const IN_STRIP = 30;
const MOST_DETAILS = 50;

export class Viewer {
  /** How many photos are side by side. */
  side = 1;
  #face = -1;
  #first = 0;
  /** @type {Map<object, HTMLElement>} the buttons of the strip, by their photos */
  #strip = new Map();
  /** @type {Map<number, Promise<object>>} what the program says of a group, by its number */
  #details = new Map();

  /** @param {import("./library.js").Library} library */
  constructor(library) {
    this.library = library;
    this.element = byId("viewer");
    this.stage = byId("stage");
    this.zoom = new Zoom(this.stage);
    this.zoom.addEventListener("zoom", () => this.#sharpenSoon());
    this.zoom.addEventListener("swipe", ({ detail }) => library.go(library.at, library.photoAt + detail));
    this.zoom.addEventListener("pane", ({ detail }) => library.go(library.at, library.group.photos.indexOf(detail.photo)));
    library.addEventListener("place", () => this.isOpen && this.#show());
    library.addEventListener("states", ({ detail }) => this.isOpen && detail.includes(library.group) && this.#show());
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open() {
    this.element.hidden = false;
    this.group = null;
    this.#show();
    this.stage.focus();
  }

  close() {
    this.element.hidden = true;
    this.zoom.panes = [];
    this.stage.replaceChildren();
  }

  /** Ask again for what could not be shown. */
  retry() {
    this.zoom.panes = [];
    if (this.isOpen) this.#show();
  }

  setSide(side) {
    this.side = side;
    this.#show();
  }

  /** Go to the next face of the photo. */
  async nextFace() {
    const { photo } = this.library;
    const faces = (await this.#detailOf(photo))?.faces ?? [];
    if (photo !== this.library.photo) return;
    if (!faces.length) return say("No face was found in this photo.");
    this.#face = (this.#face + 1) % faces.length;
    const { box, who } = faces[this.#face];
    this.zoom.toBox(box, photo);
    say(`Face ${this.#face + 1} of ${faces.length}${who ? `: ${who}` : ""}`);
  }

  #show() {
    const { group, photo } = this.library;
    if (!group) return;
    const isOther = group !== this.group;
    this.group = group;
    if (isOther) [this.#face, this.#first] = [-1, 0];
    this.#showPanes(this.#photosBeside(photo));
    if (isOther) this.zoom.reset();
    else this.zoom.layOut();
    this.#showHead();
    this.#showStrip();
    this.#showAbout();
    this.#loadAhead();
  }

  /* The best first and held, then as many others as there is room for, the one looked at among them. */
  #photosBeside(photo) {
    const { photos, state } = this.group;
    if (this.side === 1) return [photo];
    const best = photos.find(({ id }) => id === state.best);
    const others = photos.filter((one) => one !== best);
    const room = this.side - 1;
    const at = others.indexOf(photo);
    if (at >= 0) this.#first = clamp(this.#first, at - room + 1, at);
    this.#first = clamp(this.#first, 0, Math.max(0, others.length - room));
    return [best, ...others.slice(this.#first, this.#first + room)];
  }

  #showPanes(photos) {
    const kept = new Map(this.zoom.panes.map((pane) => [pane.photo, pane]));
    this.zoom.panes = photos.map((photo) => kept.get(photo) ?? paneOf(photo, () => this.zoom.layOut()));
    for (const pane of this.zoom.panes) this.#mark(pane);
    this.stage.dataset.side = photos.length;
    this.stage.replaceChildren(...this.zoom.panes.map(({ element }) => element));
  }

  #mark({ element, photo, mark }) {
    const role = roleOf(this.group, photo);
    mark.textContent = capital(role);
    element.dataset.role = role;
    element.classList.toggle("is-current", photo === this.library.photo);
  }

  #sharpenSoon() {
    this.#sharpen((pane) => !pane.picture.hasAttribute("src"));
    clearTimeout(this.sharpening);
    this.sharpening = setTimeout(() => this.#sharpen(), SETTLED);
    byId("viewer-zoom").textContent = `${Math.round((100 * this.zoom.zoom) / this.zoom.full)} %`;
    this.element.dispatchEvent(new Event("zoom"));
  }

  #sharpen(isWanted = () => true) {
    for (const pane of this.zoom.panes) if (isWanted(pane)) sharpen(pane, this.zoom.isEnlarged);
  }

  #showHead() {
    const { group, photo, photoAt, at, shown } = this.library;
    const remarks = remarksOn(group).map(capital).join(" · ");
    byId("viewer-group").textContent = `Group ${group.number} · ${at + 1} of ${shown.length} · ${remarks}`;
    const role = roleOf(group, photo);
    const mark = make("span", { className: "mark" }, capital(role));
    byId("viewer-name").replaceChildren(named(photo.name), ` ${photoAt + 1} of ${group.photos.length} `, mark);
    byId("viewer-said").textContent = [photo.name, role, `${photoAt + 1} of ${group.photos.length}`].filter(Boolean).join(", ");
  }

  /* The photos of the group around this one; a time-lapse may have thousands. */
  #showStrip() {
    const { photos } = this.group;
    const { photoAt } = this.library;
    const first = clamp(photoAt - IN_STRIP / 2, 0, Math.max(0, photos.length - IN_STRIP));
    const there = photos.slice(first, first + IN_STRIP);
    const kept = new Map(there.map((photo) => [photo, this.#strip.get(photo) ?? this.#thumbnailOf(photo)]));
    this.#strip = kept;
    arrange(byId("strip"), [...kept.values()]);
    for (const [photo, button] of kept) {
      button.dataset.role = roleOf(this.group, photo);
      button.setAttribute("aria-label", [photo.name, button.dataset.role].filter(Boolean).join(", "));
      button.setAttribute("aria-current", photo === this.library.photo);
    }
    kept.get(this.library.photo).scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #thumbnailOf(photo) {
    const { library } = this;
    const picture = make("img", { alt: "", src: addressOf(photo, 320), decoding: "async" });
    const button = make("button", { type: "button", title: photo.name }, picture);
    button.addEventListener("click", () => library.go(library.at, library.group.photos.indexOf(photo)));
    return button;
  }

  async #showAbout() {
    const { photo } = this.library;
    const about = await this.#detailOf(photo);
    if (photo === this.library.photo && about) byId("about").replaceChildren(...wordsAbout(about));
  }

  async #detailOf(photo) {
    const group = await this.#detailsOf(this.group);
    return group?.photos.find(({ id }) => id === photo.id);
  }

  #detailsOf({ number }) {
    if (!this.#details.has(number)) {
      const answer = get(`/api/groups/${number}`).catch((error) => {
        this.#details.delete(number);
        say(error.message);
      });
      this.#details.set(number, answer);
      for (const oldest of [...this.#details.keys()].slice(0, -MOST_DETAILS)) this.#details.delete(oldest);
    }
    return this.#details.get(number);
  }

  /* The photos beside this one as it is looked at, and the first of the groups before and after. */
  #loadAhead() {
    const { shown, at, photoAt } = this.library;
    const { photos } = this.group;
    const beside = [...photos.slice(photoAt + 1, photoAt + 1 + NEIGHBOURS), ...photos.slice(Math.max(0, photoAt - 1), photoAt)];
    for (const photo of beside) loadAhead(photo, this.#edgeOf(photo, this.zoom.zoom));
    for (const group of [shown[at + 1], shown[at - 1]]) {
      if (!group) continue;
      this.#detailsOf(group);
      for (const photo of group.photos.slice(0, this.side)) loadAhead(photo, this.#edgeOf(photo, 1));
    }
  }

  #edgeOf(photo, zoom) {
    const { clientWidth, clientHeight } = this.zoom.panes[0].element;
    const scale = Math.min(clientWidth / photo.width, clientHeight / photo.height);
    return edgeFor(photo, zoom * scale * Math.max(photo.width, photo.height), zoom > 1);
  }
}

function paneOf(photo, layOut) {
  const picture = make("img", { alt: photo.name, draggable: false });
  const frame = make("div", { className: "frame" }, picture);
  const mark = make("span", { className: "mark" });
  const caption = make("p", { className: "caption" }, named(photo.name), " ", mark);
  return { photo, picture, frame, mark, layOut, element: make("div", { className: "pane" }, frame, caption) };
}

/* Show what is there already, and then the picture of the size it is looked at in. */
function sharpen(pane, isEnlarged) {
  const { photo, picture, frame } = pane;
  const edge = edgeFor(photo, Math.max(frame.offsetWidth, frame.offsetHeight), isEnlarged);
  const address = addressOf(photo, edge);
  if (pane.wanted === address) return;
  pane.wanted = address;
  if (!picture.hasAttribute("src")) picture.src = soonest(photo) ?? addressOf(photo, 320);
  const sharper = new Image();
  sharper.src = address;
  sharper.decode().then(
    () => {
      noteLoaded(photo, edge);
      if (pane.wanted === address) picture.src = address;
      if (photo.isGuess) learnShape(photo, pane.layOut, sharper);
    },
    () => pane.wanted === address && fail(pane, address),
  );
}

function learnShape(photo, layOut, { naturalWidth, naturalHeight }) {
  Object.assign(photo, { height: (photo.width * naturalHeight) / naturalWidth, isGuess: false });
  layOut();
}

/* Only the program knows what is wrong with a photo, and says it in words. */
async function fail(pane, address) {
  const sentence = await get(address).catch((error) => (error instanceof SyntaxError ? "" : error.message));
  pane.frame.replaceChildren(make("p", { className: "missing" }, sentence || "This picture cannot be shown."));
}

function wordsAbout({ why, lines, measured, path, address, faces, error }) {
  const list = (className, texts) => make("ul", { className }, ...texts.map((text) => make("li", {}, text)));
  const people = faces.flatMap(({ who }) => (who ? [who] : []));
  const rows = measured.map(([label, text]) => make("div", {}, make("dt", {}, label), make("dd", {}, text)));
  return [
    ...(error ? [make("p", { className: "error" }, error)] : []),
    list("why", why),
    list("facts", [...lines, ...(people.length ? [people.join(", ")] : [])]),
    make("p", { className: "path" }, named(path)),
    ...(/^https?:/.test(address) ? [make("p", {}, linkTo(address))] : []),
    make("details", {}, make("summary", {}, "All measurements"), make("dl", {}, ...rows)),
  ];
}

function linkTo(address) {
  return make("a", { href: address, target: "_blank", rel: "noreferrer" }, "Open on the server");
}
