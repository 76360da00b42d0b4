/* What can be done to the photo and the group the reviewer is at: a key, a button and a line in the list of keys each. */

import { byId, capital, make, named, say } from "./dom.js";
import { doLettersAct, isLetter, onLetters } from "./letters.js";
import { roleOf } from "./library.js";

const PAN = 80;

export class Commands {
  /**
   * @param {import("./library.js").Library} library
   * @param {import("./grid.js").Grid} grid
   * @param {import("./viewer.js").Viewer} viewer
   */
  constructor(library, grid, viewer, setView) {
    Object.assign(this, { library, grid, viewer, setView });
    this.all = [...(library.mayAct ? this.#decisions() : []), ...this.#ways(), ...this.#looks()];
    this.byKey = new Map(this.all.flatMap((command) => command.keys.map((key) => [key, command])));
    byId("bar").replaceChildren(...["decide", "go", "look"].map((part) => this.#buttons(part)));
    byId("keys-list").replaceChildren(...this.all.map(lineOf));
    document.addEventListener("keydown", (event) => this.#press(event));
    document.addEventListener("keyup", (event) => isTile(event.target) && event.key === " " && event.preventDefault());
    for (const type of ["place", "states", "shown"]) library.addEventListener(type, () => this.update());
    viewer.element.addEventListener("zoom", () => this.update());
    byId("keys-close").addEventListener("click", () => byId("keys").close());
    onLetters(() => this.#showKeys());
    this.update();
  }

  /** Show on the buttons what they would do, and which are of no use now. */
  update() {
    const { group, photo } = this.library;
    for (const { button, isOn, why, isHidden, isAlways } of this.all) {
      if (!button) continue;
      const reason = group ? why?.(group, photo) : !isAlways;
      button.setAttribute("aria-disabled", Boolean(reason));
      if (isOn) button.setAttribute("aria-pressed", Boolean(group && isOn(group, photo)));
      button.hidden = Boolean(isHidden?.());
    }
    this.#showHere();
  }

  #showHere() {
    const { group, photo, photoAt } = this.library;
    const place = group && ` ${photoAt + 1} of ${group.photos.length}, group ${group.number}`;
    if (group) byId("here").replaceChildren(named(photo.name), place);
    byId("here").hidden = !group || this.viewer.isOpen;
  }

  #decisions() {
    const is = (role) => (group, photo) => roleOf(group, photo) === role;
    const isWhole = (group) => group.isSet && "This set is kept whole.";
    const [isBest, isKept, isOut] = ["best", "kept", "taken out"].map(is);
    return [
      command("decide", ["b"], "Best", "make this photo the best", () => this.#decide("best", true), { isOn: isBest }),
      command("decide", ["p"], "Keep", "keep this photo beside the best, or no longer", () => this.#keep(), {
        isOn: isKept,
        why: (group, photo) => isWhole(group) || (isBest(group, photo) && "The best photo is kept anyway."),
      }),
      command("decide", ["x"], "Take out", "take this photo out of the group, or put it back", () => this.#takeOut(), {
        isOn: isOut,
      }),
      command("decide", ["s"], "Skip", "do nothing with this group, or no longer skip it", () => this.#skip(), {
        isOn: (group) => group.state.skip,
      }),
      command("decide", [" "], "Seen, next", "mark this group as seen and go to the next", () => this.#seenAndNext(), {
        isOn: (group) => group.state.seen,
      }),
      command("decide", ["n"], "Not seen", "mark this group as not seen", () => this.#forgetSeen(), {
        isHidden: () => !this.library.group?.state.seen,
      }),
      command("decide", ["u"], "Undo", "take the last decision back", () => this.#undo()),
      command("decide", ["r"], "Propose", "return this group to what was proposed", () => this.#propose(), {
        isHidden: () => !this.library.group?.state.decided,
      }),
    ];
  }

  #ways() {
    const { library, grid, viewer } = this;
    const up = (direction) => () => {
      if (viewer.isOpen) viewer.zoom.pan(0, direction * PAN);
      else library.go(grid.vertically(direction));
    };
    const across = (direction) => (event) => {
      if (viewer.isOpen && event?.shiftKey) viewer.zoom.pan(direction * PAN, 0);
      else this.#goBy(direction);
    };
    return [
      command("go", ["k", "PageUp"], "« Group", "go to the previous group", () => this.#goToGroup(-1)),
      command("go", ["ArrowLeft"], "← Photo", "go to the previous photo (with Shift: move the picture)", across(-1)),
      command("go", ["ArrowRight"], "Photo →", "go to the next photo (with Shift: move the picture)", across(1)),
      command("go", ["j", "PageDown"], "Group »", "go to the next group", () => this.#goToGroup(1)),
      command("", ["ArrowUp"], "", "go up in the grid; move an enlarged picture", up(-1)),
      command("", ["ArrowDown"], "", "go down in the grid; move an enlarged picture", up(1)),
      command("", ["Home"], "", "go to the first group", () => library.go(0)),
      command("", ["End"], "", "go to the last group", () => library.go(library.shown.length - 1)),
    ];
  }

  #looks() {
    const { viewer } = this;
    const inGrid = { isHidden: () => viewer.isOpen };
    const inViewer = { isHidden: () => !viewer.isOpen };
    const look = (act) => () => this.#inViewer(act);
    const side = (n, words) =>
      command("look", [`${n}`], `${n}`, `look at ${words} at once`, look(() => viewer.setSide(n)), {
        ...inViewer,
        isOn: () => viewer.side === n,
      });
    return [
      command("look", ["Enter"], "Enlarge", "look at this photo alone", () => this.setView(true), inGrid),
      command("look", ["Escape"], "Grid", "go back to the grid", () => this.setView(false), { ...inViewer, isAlways: true }),
      command("look", ["z"], "100 %", "look at every pixel, or at the whole photo", look(() => viewer.zoom.toggleFull()), {
        ...inViewer,
        isOn: () => viewer.zoom.isFull,
      }),
      command("look", ["+", "="], "+", "enlarge", look(() => viewer.zoom.step(1)), inViewer),
      command("look", ["-"], "−", "make smaller", look(() => viewer.zoom.step(-1)), inViewer),
      command("look", ["0"], "Fit", "look at the whole photo", look(() => viewer.zoom.reset()), inViewer),
      command("look", ["f"], "Face", "go to the next face", look(() => viewer.nextFace()), {
        ...inViewer,
        why: (group) => !group.hasFaces && "No face was found in this group.",
      }),
      side(1, "one photo"),
      side(2, "two photos"),
      side(4, "four photos"),
      command("look", ["i"], "Info", "show or hide what is known of a photo", () => this.#toggleAbout(), {
        ...inViewer,
        isOn: () => !byId("about").hidden,
      }),
      command("look", ["?"], "Keys", "show this list", () => byId("keys").showModal(), { isAlways: true }),
    ];
  }

  #goToGroup(direction) {
    const { library } = this;
    if (!library.go(library.at + direction)) say(direction > 0 ? "This is the last group." : "This is the first group.");
  }

  /* In the grid the arrows go on from group to group; enlarged, the photos of one are compared. */
  #goBy(direction) {
    const { library, viewer } = this;
    const place = library.photoAt + direction;
    if (library.group.photos[place]) library.go(library.at, place);
    else if (!viewer.isOpen) {
      const next = library.shown[library.at + direction];
      if (next) library.go(library.at + direction, direction > 0 ? 0 : next.photos.length - 1);
    }
  }

  #inViewer(act) {
    this.setView(true);
    act();
    this.update();
  }

  #toggleAbout() {
    byId("about").hidden = !byId("about").hidden;
    this.update();
  }

  #keep() {
    const { group, photo } = this.library;
    return this.#decide("keep", roleOf(group, photo) !== "kept");
  }

  #takeOut() {
    const { group, photo } = this.library;
    return this.#decide("out", roleOf(group, photo) !== "taken out");
  }

  async #decide(what, value) {
    const { group, photo } = this.library;
    const made = this.library.decide(group, what, photo, value);
    const [yes, no] = DONE[what];
    byId("said").replaceChildren(named(photo.name), group.state.skip ? ALONE : value ? yes : no);
    return made;
  }

  #skip() {
    const { group } = this.library;
    const value = !group.state.skip;
    this.library.decide(group, "skip", null, value);
    say(value ? `Group ${group.number} is skipped: nothing is done with it.` : `Group ${group.number} is no longer skipped.`);
  }

  #propose() {
    const { group } = this.library;
    this.library.decide(group, "propose", null);
    say(`Group ${group.number} is as proposed.`);
  }

  #seenAndNext() {
    const { library } = this;
    library.see(library.group, true);
    say(`Group ${library.group.number} is seen.`);
    if (!library.go(library.at + 1)) say("This was the last group.");
  }

  #forgetSeen() {
    const { group } = this.library;
    this.library.see(group, false);
    say(`Group ${group.number} is not seen.`);
  }

  async #undo() {
    const { library } = this;
    try {
      const number = await library.undo();
      library.goToNumber(number);
      say(`The last decision about group ${number} is taken back.`);
    } catch (error) {
      say(error.message);
    }
  }

  #buttons(part) {
    const buttons = this.all.filter((one) => one.part === part);
    for (const one of buttons) {
      one.button = make("button", { type: "button", "aria-label": `${one.label}: ${one.about}` }, one.label);
      if (one.label.length > 2 && one.keys[0].length === 1) one.button.append(make("kbd", {}, keyName(one.keys[0])));
      one.button.addEventListener("click", () => this.#run(one));
    }
    const element = make("div", { className: part, role: "group", "aria-label": PARTS[part] });
    element.append(...buttons.map(({ button }) => button));
    element.hidden = !buttons.length;
    return element;
  }

  /* On each button its key, if that does something. */
  #showKeys() {
    for (const { button, about, keys: [key] } of this.all) {
      if (!button) continue;
      const isOff = isLetter(key) && !doLettersAct();
      button.title = isOff ? capital(about) : `${capital(about)} (${keyName(key)})`;
      button.toggleAttribute("aria-keyshortcuts", !isOff);
      if (!isOff) button.setAttribute("aria-keyshortcuts", shortcut(key));
      const shown = button.querySelector("kbd");
      if (shown) shown.hidden = isOff;
    }
  }

  #press(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const one = this.byKey.get(key.length === 1 ? key.toLowerCase() : key);
    if (!one || isTakenBy(target, key) || (isLetter(key) && !doLettersAct())) return;
    event.preventDefault();
    const isHeld = event.repeat && one.part === "decide";
    if (!isHeld) this.#run(one, event);
  }

  #run(one, event) {
    const { group, photo } = this.library;
    const reason = group ? one.why?.(group, photo) : !one.isAlways && "No group is shown.";
    say(reason || "");
    if (!reason) one.act(event);
  }
}

const PARTS = { decide: "Decide", go: "Go", look: "Look" };
const DONE = {
  best: [" is the best."],
  keep: [" is kept beside the best.", " is not kept beside the best."],
  out: [" is taken out of the group.", " is back in its group."],
};
const ALONE = " and one other photo are no group without each other: it is skipped.";
const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
const keyName = (key) => NAMES[key] ?? key;
const shortcut = (key) => (key === " " ? "Space" : key === "+" ? "Plus" : key);

/**
 * A command. `more`: `isOn` says whether its button is pressed, `why` why it is of no use now, `isHidden` whether it is
 * not offered; one that `isAlways` of use needs no group.
 */
function command(part, keys, label, about, act, more = {}) {
  return { part, keys, label, about, act, ...more };
}

function lineOf({ keys, about }) {
  const caps = keys.flatMap((key) => [" ", make("kbd", {}, keyName(key))]).slice(1);
  return make("div", {}, make("dt", {}, ...caps), make("dd", {}, capital(about)));
}

const isTile = (element) => Boolean(element.closest?.(".tile"));

/* Whether what has the focus needs the key itself: a field for letters, a button or a box to be pressed. */
function isTakenBy(target, key) {
  if (isTile(target) || !target.closest) return false;
  if (target.closest("select, input:not([type=checkbox])")) return key !== "Escape";
  return (key === " " || key === "Enter") && target.closest("button, input, summary, a") !== null;
}
