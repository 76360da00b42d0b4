"use strict";
/* The reader's decisions: another best, photos kept or taken out, a group skipped. They survive a reload and are saved as a plan. */

const byId = (id) => document.getElementById(id);

const decisions = (() => {
  const plan = JSON.parse(byId("plan").textContent);
  const storageKey = `photo-organizer-report:${document.body.dataset.page}`;
  const seenKey = `photo-organizer-seen:${document.body.dataset.page}`;
  const proposed = ({ photos }) => ({
    best: 0,
    keep: new Set(photos.flatMap((photo, place) => (photo.keep ? [place] : []))),
    out: new Set(),
    skip: false,
  });
  const planned = (section) => plan.groups[section.dataset.place - document.body.dataset.first];
  const groups = [...document.querySelectorAll(".group")].map((section) => ({
    section,
    planned: planned(section),
    cards: [...section.querySelectorAll(".photo")],
    note: section.querySelector(".note"),
    skipBox: section.querySelector(".skip input"),
    seenBox: section.querySelector(".seen input"),
    ...proposed(planned(section)),
  }));
  let isStored = true;
  let isSaved = true;

  /* A busy browser shows a page that is reloaded an empty store at times; its place in the history it always finds. */
  function remember(key, value) {
    localStorage.setItem(key, JSON.stringify(value));
    history.replaceState({ ...history.state, [key]: value }, "");
  }
  const remembered = (key) => JSON.parse(localStorage.getItem(key)) ?? history.state?.[key];

  const isOtherKept = ({ planned, keep }) => planned.photos.some((photo, place) => photo.keep !== keep.has(place));
  const isChanged = (group) => group.best !== 0 || group.out.size > 0 || group.skip || isOtherKept(group);
  const firstIn = (group) => group.cards.findIndex((_card, place) => !group.out.has(place));
  const nameOf = (group, place) => group.cards[place].querySelector("h3").textContent;

  function pick(group, place) {
    group.out.delete(place);
    group.keep.delete(place);
    group.best = place;
    changed(group, `${nameOf(group, place)} is the best.`);
  }

  function keepToo(group, place, isKept) {
    if (place === group.best) return;
    group.keep[isKept ? "add" : "delete"](place);
    if (isKept) group.out.delete(place);
    changed(group, `${nameOf(group, place)} ${isKept ? "is kept beside the best" : "is not kept"}.`);
  }

  function takeOut(group, place, isOut) {
    if (!isOut) group.out.delete(place);
    else if (group.cards.length - group.out.size > 1) {
      group.out.add(place);
      group.keep.delete(place);
    }
    if (group.out.has(group.best)) {
      group.best = firstIn(group);
      group.keep.delete(group.best);
    }
    const message = isOut ? `${nameOf(group, place)} is taken out.` : `${nameOf(group, place)} is back in its group.`;
    changed(group, `${message} ${nameOf(group, group.best)} is the best.`);
  }

  function skip(group, isSkipped) {
    group.skip = isSkipped;
    changed(group, isSkipped ? "The group is skipped." : "The group is no longer skipped.");
  }

  /* Groups that somebody has gone through; the plan knows nothing of that. */
  function see(group, isSeen) {
    group.section.classList.toggle("is-seen", isSeen);
    group.seenBox.checked = isSeen;
    const seen = groups.filter(({ section }) => section.classList.contains("is-seen"));
    try {
      remember(seenKey, seen.map(({ planned: { id } }) => id));
    } catch {
      // Without a store they are forgotten when the page is closed, as decisions are, which say so.
    }
    document.dispatchEvent(new CustomEvent("seen"));
  }

  function recallSeen() {
    let seen = [];
    try {
      seen = remembered(seenKey) ?? [];
    } catch {
      return;
    }
    for (const group of groups) {
      group.seenBox.checked = seen.includes(group.planned.id);
      group.section.classList.toggle("is-seen", group.seenBox.checked);
    }
  }

  function changed(group, message) {
    isSaved = false;
    show(group);
    store();
    announce(message);
  }

  function show(group) {
    const left = group.cards.length - group.out.size;
    group.section.classList.toggle("is-skipped", group.skip);
    group.skipBox.checked = group.skip;
    group.cards.forEach((card, place) => {
      const isOut = group.out.has(place);
      card.classList.toggle("is-best", place === group.best);
      card.classList.toggle("is-kept", group.keep.has(place));
      card.classList.toggle("is-out", isOut);
      const keepBox = card.querySelector(".keep input");
      keepBox.checked = place === group.best || group.keep.has(place);
      keepBox.disabled = place === group.best;
      card.querySelector(".best input").checked = place === group.best;
      const outBox = card.querySelector(".out input");
      outBox.checked = isOut;
      outBox.disabled = left === 1 && !isOut;
    });
    const isAlone = left === 1 && !group.skip;
    group.note.hidden = !group.skip && !isAlone;
    group.note.textContent = group.skip ? "Skipped: nothing is done with this group." : "One photo left: it is no longer in a group.";
    document.dispatchEvent(new CustomEvent("decided", { detail: group }));
  }

  function announce(message = "") {
    const count = groups.filter(isChanged).length;
    const where = isStored ? "" : " This browser does not store them: save before you leave.";
    const summary = count ? `${count === 1 ? "1 group" : `${count} groups`} changed.${where}` : "Nothing changed yet.";
    byId("decided").textContent = `${message} ${summary}`.trim();
    byId("reset").disabled = count === 0;
  }

  function store() {
    const decided = {};
    for (const group of groups.filter(isChanged)) {
      decided[group.planned.id] = { best: group.best, keep: [...group.keep], out: [...group.out], skip: group.skip };
    }
    try {
      remember(storageKey, decided);
    } catch {
      isStored = false;
    }
  }

  function recall() {
    let decided = {};
    try {
      decided = remembered(storageKey) ?? {};
    } catch {
      isStored = false;
    }
    for (const group of groups) {
      const { best = 0, keep, out = [], skip: isSkipped = false } = decided[group.planned.id] || {};
      group.out = new Set(out.filter((place) => place in group.cards));
      group.best = best in group.cards && !group.out.has(best) ? best : Math.max(0, firstIn(group));
      if (keep) group.keep = new Set(keep.filter((place) => place in group.cards && place !== group.best));
      group.skip = isSkipped;
      show(group);
    }
    announce();
  }

  function reset() {
    for (const group of groups) {
      Object.assign(group, proposed(group.planned));
      show(group);
    }
    isSaved = true;
    store();
    announce("Everything is as proposed again.");
    byId("save").focus();
  }

  /* The plan of this page with the decisions, in ASCII like the one that --plan writes. */
  function amended() {
    const copy = JSON.parse(JSON.stringify(plan));
    for (const group of groups) {
      const target = copy.groups[plan.groups.indexOf(group.planned)];
      target.best = target.photos[group.best].id;
      for (const place of group.out) target.photos[place].out = true;
      target.photos.forEach((photo, place) => { photo.keep = group.keep.has(place); });
      if (group.skip) target.skip = true;
    }
    const escaped = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return `${JSON.stringify(copy, null, 2).replace(/[\u007f-\uffff]/g, escaped)}\n`;
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([amended()], { type: "application/json" }));
    link.download = document.body.dataset.planName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    isSaved = true;
    announce(`Saved as ${link.download}.`);
    byId("apply").hidden = false;
  }

  /* Where the browser does not let a page copy, the command is marked, so that a key can. */
  async function copyCommand() {
    getSelection().selectAllChildren(byId("command"));
    try {
      await navigator.clipboard.writeText(byId("command").textContent);
      byId("copy").textContent = "Copied";
    } catch {
      byId("copy").textContent = "Marked: now copy it";
    }
  }

  for (const group of groups) {
    group.skipBox.addEventListener("change", () => skip(group, group.skipBox.checked));
    group.seenBox.addEventListener("change", () => see(group, group.seenBox.checked));
    group.cards.forEach((card, place) => {
      card.querySelector(".best input").addEventListener("change", () => pick(group, place));
      const keepBox = card.querySelector(".keep input");
      keepBox.addEventListener("change", () => keepToo(group, place, keepBox.checked));
      const outBox = card.querySelector(".out input");
      outBox.addEventListener("change", () => takeOut(group, place, outBox.checked));
    });
  }
  byId("save").addEventListener("click", save);
  byId("copy").addEventListener("click", copyCommand);
  byId("reset").addEventListener("click", reset);
  addEventListener("beforeunload", (event) => {
    if (!isStored && !isSaved && groups.some(isChanged)) event.preventDefault();
  });
  recall();
  recallSeen();
  return { groups, pick, keepToo, takeOut, see };
})();
