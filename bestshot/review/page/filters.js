/* Which groups are shown, and what they amount to. */

import { byId, capital, count, grouped, make, size } from "./dom.js";
import { restOf } from "./library.js";

/** Whether a group is to be shown. @param {import("./library.js").Group} group */
export function fits(group, { kind, person, from, until, faces, doubtful, unseen }) {
  return (
    (!kind || group.kind === kind) &&
    (!person || group.people.includes(person)) &&
    (!from || group.date >= from) &&
    (!until || group.date <= until) &&
    (!faces || group.hasFaces) &&
    (!doubtful || group.isDoubtful) &&
    (!unseen || !group.state.seen)
  );
}

/** @param {import("./library.js").Group[]} groups */
export function totalsOf(groups) {
  const totals = { groups: groups.length, photos: 0, rest: 0, bytes: 0, seen: 0, decided: 0 };
  for (const group of groups) {
    const rest = restOf(group);
    totals.photos += group.photos.length;
    totals.rest += rest.length;
    for (const photo of rest) totals.bytes += photo.bytes;
    totals.seen += group.state.seen;
    totals.decided += group.state.decided;
  }
  return totals;
}

export class Filters {
  #counting = 0;

  /** @param {import("./library.js").Library} library */
  constructor(library) {
    this.library = library;
    this.form = byId("filters");
    byId("kind").append(...library.kinds.map((kind) => make("option", { value: kind }, capital(kind))));
    byId("person").append(...library.people.map((name) => make("option", { value: name }, name)));
    byId("person").closest("label").hidden = !library.people.length;
    this.#limitDates();
    this.form.addEventListener("change", () => this.apply());
    for (const id of ["all", "all-too"]) byId(id).addEventListener("click", () => this.#clear());
    byId("filter").addEventListener("click", () => this.#unfold());
    library.addEventListener("states", () => this.#countSoon());
    this.#count();
  }

  apply() {
    const wanted = {
      kind: byId("kind").value,
      person: byId("person").value,
      from: byId("from").value,
      until: byId("until").value,
      faces: byId("faces").checked,
      doubtful: byId("doubtful").checked,
      unseen: byId("unseen").checked,
    };
    this.library.show(this.library.groups.filter((group) => fits(group, wanted)));
    this.#count();
  }

  #clear() {
    this.form.reset();
    this.apply();
  }

  #limitDates() {
    const dates = this.library.groups.map(({ date }) => date).filter(Boolean).sort();
    for (const id of ["from", "until"]) Object.assign(byId(id), { min: dates[0] ?? "", max: dates.at(-1) ?? "" });
  }

  #unfold() {
    const isOpen = this.form.classList.toggle("is-open");
    byId("filter").setAttribute("aria-expanded", isOpen);
  }

  #countSoon() {
    this.#counting ||= requestAnimationFrame(() => this.#count());
  }

  #count() {
    this.#counting = 0;
    const { shown, groups } = this.library;
    const totals = totalsOf(shown);
    const isPart = shown.length < groups.length;
    const figures = [
      [isPart ? `${grouped(shown.length)} of ${count(groups.length, "group")}` : count(groups.length, "group"), "groups"],
      [count(totals.photos, "photo"), "photos"],
      [`${grouped(totals.rest)} not kept, ${size(totals.bytes)}`, "rest"],
      [`${grouped(totals.seen)} seen`, "seen"],
      [`${grouped(totals.decided)} decided`, "decided"],
    ];
    byId("totals").replaceChildren(...figures.map(([text, name]) => make("li", { id: `total-${name}` }, text)));
    byId("all").hidden = !isPart;
    byId("none").hidden = shown.length > 0;
    byId("none-why").textContent = groups.length ? "No group fits these filters." : "There are no groups of similar photos.";
    byId("all-too").hidden = !groups.length;
  }
}
