/* The groups with what was decided about them: shown at once, sent to the program, and put back where it refuses. */

import { say } from "./dom.js";
import { get, post, Refusal } from "./server.js";

/**
 * @typedef {{best: number, keep: number[], out: number[], skip: boolean, seen: boolean, decided: boolean}} State
 * @typedef {{id: number, name: string, width: number, height: number, bytes: number, revision: string,
 *   isReference: boolean}} Photo
 * @typedef {{id: string, number: number, kind: string, isSet: boolean, hasFaces: boolean, isDoubtful: boolean,
 *   people: string[], date: string, when: string, photos: Photo[], proposed: {best: number, keep: number[]},
 *   state: State, known: State, waiting: number}} Group
 */

/* Of a photo without a size in its header; its shape is that of its picture, once that is there. */
const UNKNOWN = { width: 4000, height: 3000, isGuess: true };

const without = (ids, id) => ids.filter((other) => other !== id);
const within = (ids, id, isIn) => (isIn ? [...without(ids, id), id] : without(ids, id));

/** The photos of a group that the best, or a kept one, stands for. @param {Group} group @returns {Photo[]} */
export function restOf({ photos, isSet, state }) {
  if (isSet || state.skip) return [];
  const stays = new Set([state.best, ...state.keep, ...state.out]);
  return photos.filter(({ id, isReference }) => !isReference && !stays.has(id));
}

/** "best", "kept", "taken out", "for reference" or "" @param {Group} group @param {Photo} photo */
export function roleOf({ state }, { id, isReference }) {
  if (state.best === id) return "best";
  if (state.keep.includes(id)) return "kept";
  if (state.out.includes(id)) return "taken out";
  return isReference ? "for reference" : "";
}

/** The state after a decision, as the program will answer. @param {Group} group @returns {State} */
export function decided({ photos, proposed, state }, what, id, value) {
  const asProposed = { ...state, ...proposed, out: [], skip: false, decided: what !== "propose" };
  if (what === "propose") return asProposed;
  if (what === "skip") return value ? { ...asProposed, skip: true } : { ...state, skip: false };
  const out = within(state.out, id, what === "out" && value);
  if (photos.length - out.length < 2) return { ...asProposed, skip: true };
  const inside = photos.map((photo) => photo.id).filter((one) => !out.includes(one));
  const best = what === "best" ? id : inside.includes(state.best) ? state.best : inside[0];
  const again = what === "best" && proposed.keep.includes(state.best) ? [...state.keep, state.best] : state.keep;
  const keep = without(within(again, id, what === "keep" && value), best);
  return { ...state, best, keep, out, skip: false, decided: true };
}

/** Tells with "states" which groups changed, with "shown" that others are shown, and with "place" where the reviewer is. */
export class Library extends EventTarget {
  #queue = Promise.resolve();
  /** The decisions whose turn has not come yet. */
  #unsent = new Set();

  constructor(answer) {
    super();
    Object.assign(this, answer);
    for (const group of this.groups) {
      Object.assign(group, { known: group.state, waiting: 0 });
      for (const photo of group.photos) if (!photo.width || !photo.height) Object.assign(photo, UNKNOWN);
    }
    this.byNumber = new Map(this.groups.map((group) => [group.number, group]));
    /** @type {Group[]} */
    this.shown = this.groups;
    this.at = Math.max(0, this.groups.findIndex(({ id }) => id === answer.place));
    this.photoAt = this.#bestAt();
    this.job = null;
    /** How many decisions the program has not answered yet. */
    this.unanswered = 0;
  }

  /** @returns {Group | undefined} */
  get group() {
    return this.shown[this.at];
  }

  /** @returns {Photo | undefined} */
  get photo() {
    return this.group?.photos[this.photoAt];
  }

  /** Show these groups; the reviewer stays where they are, or goes to the next that is shown. */
  show(groups) {
    const number = this.group?.number ?? 0;
    this.shown = groups;
    const next = groups.findIndex((group) => group.number >= number);
    const isSame = groups[next]?.number === number;
    this.at = next < 0 ? Math.max(0, groups.length - 1) : next;
    if (!isSame) this.photoAt = this.#bestAt();
    this.#tell("shown");
    this.#tell("place");
  }

  /** Go to a photo of a group, or else to its best. */
  go(at, photoAt) {
    if (!this.shown[at]) return false;
    const isOther = at !== this.at;
    this.at = at;
    this.photoAt = this.group.photos[photoAt] ? photoAt : this.#bestAt();
    this.#tell("place");
    if (isOther) this.#keepPlace();
    return true;
  }

  goToNumber(number) {
    return this.go(this.shown.findIndex((group) => group.number === number));
  }

  decide(group, what, photo, value = true) {
    const body = { group: group.number, photo: photo?.id ?? null, what, value };
    return this.#change(group, decided(group, what, photo?.id, value), "/api/decisions", body);
  }

  see(group, value) {
    return this.#change(group, { ...group.state, seen: value }, "/api/seen", { groups: [group.number], value });
  }

  /** Take the last decision back; the answer is its group's number. */
  async undo() {
    return (await this.#kept("/api/undo-decision", {})).group;
  }

  /** Send at once, in one call, what waits for its turn: the window may be gone in a moment. */
  flush() {
    const calls = [...this.#placeToKeep(), ...this.#unsent]; // the next page asks first where it is
    if (!calls.length) return;
    this.#unsent.clear();
    const all = post("/api/several", calls);
    calls.forEach((call, at) => {
      call.answer = all.then((answers) => {
        if (answers[at].error) throw new Refusal(answers[at].error);
        return answers[at];
      });
      call.answer.catch(() => {}); // it is told of in its turn
    });
  }

  /** Learn what was done in other windows, and how far the work is. */
  follow() {
    return this.#inTurn(async () => {
      const { revision, states, job } = await get(`/api/changes?since=${this.revision}`);
      this.revision = revision;
      this.#take(states);
      this.job = job;
      this.#tell("job");
    });
  }

  /* One question after another: no answer tells of a state older than the one before. */
  #inTurn(question) {
    const answer = this.#queue.then(question);
    this.#queue = answer.catch(() => {});
    return answer;
  }

  /* What is decided is kept when the program says so, and the window must not be closed before without a word. */
  async #kept(path, body) {
    const call = { path, body };
    this.#unsent.add(call);
    this.unanswered += 1;
    try {
      return await this.#inTurn(async () => {
        const answer = await (this.#unsent.delete(call) ? post(path, body) : call.answer);
        this.#take(answer.states);
        return answer;
      });
    } finally {
      this.unanswered -= 1;
    }
  }

  async #change(group, state, path, body) {
    group.waiting += 1;
    group.state = state;
    this.#tell("states", [group]);
    try {
      await this.#kept(path, body);
      return true;
    } catch (error) {
      say(`${error.message} Group ${group.number} is as it was.`);
      return false;
    } finally {
      group.waiting -= 1;
      this.#settle([group]);
    }
  }

  #take(states) {
    const groups = Object.keys(states).map((number) => this.byNumber.get(Number(number)));
    for (const group of groups) group.known = states[group.number];
    this.#settle(groups);
  }

  #settle(groups) {
    const settled = groups.filter((group) => !group.waiting);
    for (const group of settled) group.state = group.known;
    if (settled.length) this.#tell("states", settled);
  }

  #bestAt() {
    return Math.max(0, this.group?.photos.findIndex(({ id }) => id === this.group.state.best) ?? 0);
  }

  /* The place is a convenience: where it is not kept, nothing is lost, and the banner says that the program is gone. */
  #keepPlace() {
    clearTimeout(this.placing);
    if (!this.mayAct) return;
    this.placing = setTimeout(() => this.#placeToKeep().forEach(({ path, body }) => post(path, body).catch(() => {})), 300);
  }

  #placeToKeep() {
    if (!this.placing) return [];
    clearTimeout(this.placing);
    this.placing = null;
    return this.group ? [{ path: "/api/place", body: { group: this.group.number } }] : [];
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
