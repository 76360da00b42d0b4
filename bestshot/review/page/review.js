/* The page begins here: it gets the groups, puts its parts together, and follows what happens elsewhere. */

import { ApplyPanel } from "./apply.js";
import { Commands } from "./commands.js";
import { byId, named, say } from "./dom.js";
import { Filters } from "./filters.js";
import { Grid } from "./grid.js";
import { Library } from "./library.js";
import { get, introduce } from "./server.js";
import { Viewer } from "./viewer.js";

const OFTEN = 300;
const USUAL = 1000;
const SELDOM = 3000;
const NARROW = 700;
const GONE = "The program does not answer: what you decide now is not kept. Trying again…";

const waited = (time) => new Promise((resolve) => setTimeout(resolve, time));

async function start() {
  let answer;
  while (!answer) {
    try {
      await introduce();
      answer = await get("/api/library");
    } catch (error) {
      byId("start").textContent = error.message;
      if (error.status) return;
      await waited(SELDOM);
    }
  }
  const begin = performance.now();
  const library = new Library(answer);
  const retry = putTogether(library);
  requestAnimationFrame(() => performance.measure("opened", { start: begin }));
  follow(library, retry);
}

/* The answer asks again for pictures that could not be had. */
function putTogether(library) {
  byId("start").hidden = true;
  byId("grid").hidden = false;
  byId("foot").hidden = false;
  byId("about").hidden = innerWidth < NARROW;
  byId("where").replaceChildren(...library.locations.flatMap((place) => [", ", named(place)]).slice(1));
  const viewer = new Viewer(library);
  const grid = new Grid(library, (group, place) => {
    library.go(library.shown.indexOf(group), place);
    look(true);
  });
  /* Whether a photo is looked at alone; "back" leads to the grid, and never through all that was looked at. */
  const look = (isLarge) => {
    if (isLarge === viewer.isOpen) return;
    if (history.state) history.replaceState({ isLarge }, "");
    else history.pushState({ isLarge }, "");
    show(isLarge);
  };
  const show = (isLarge) => {
    if (isLarge === viewer.isOpen) return;
    for (const id of ["head", "grid"]) byId(id).hidden = isLarge;
    if (isLarge) viewer.open();
    else viewer.close();
    commands.update();
    if (!isLarge) {
      grid.lay();
      grid.focus();
    }
  };
  new Filters(library);
  new ApplyPanel(library);
  const commands = new Commands(library, grid, viewer, look);
  byId("size").addEventListener("change", () => grid.setTileHeight(Number(byId("size").value)));
  for (const leaving of ["beforeunload", "pagehide", "visibilitychange"]) {
    addEventListener(leaving, () => library.flush()); // telephones tell by the last alone
  }
  addEventListener("beforeunload", (event) => library.unanswered && event.preventDefault());
  addEventListener("popstate", () => show(Boolean(history.state?.isLarge)));
  grid.lay();
  grid.focus();
  if (history.state?.isLarge && library.group) show(true);
  if (!library.mayAct) say("This review is for looking only.");
  return () => {
    grid.lay();
    viewer.retry();
  };
}

/** Ask what is new, for as long as the page is looked at; where nobody answers, say so and try again. */
async function follow(library, retry) {
  const gone = byId("gone");
  for (;;) {
    if (document.hidden) await new Promise((resolve) => addEventListener("visibilitychange", resolve, { once: true }));
    try {
      await library.follow();
      if (gone.textContent) retry();
      if (gone.textContent) say("The program answers again.");
      gone.textContent = "";
    } catch (error) {
      gone.textContent = error.status ? error.message : GONE;
    }
    gone.hidden = !gone.textContent;
    await waited(gone.textContent ? SELDOM : library.job?.state === "running" ? OFTEN : USUAL);
  }
}

addEventListener("hashchange", () => location.reload()); // another address that the program printed
start();
