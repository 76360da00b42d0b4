/* The page begins here: it gets the groups, puts its parts together, and follows what happens elsewhere. */

import { ApplyPanel } from "./apply.js";
import { Commands } from "./commands.js";
import { byId, named, say } from "./dom.js";
import { Filters } from "./filters.js";
import { Grid } from "./grid.js";
import { Library } from "./library.js";
import { get, introduce, reach } from "./server.js";
import { Viewer } from "./viewer.js";

const OFTEN = 300;
const USUAL = 1000;
const SELDOM = 3000;
const NARROW = 700;

const waited = (time) => new Promise((resolve) => setTimeout(resolve, time));

async function start() {
  let library;
  while (!library) {
    try {
      await introduce();
      library = new Library(await get("/api/library"));
    } catch (error) {
      byId("start").textContent = error.message;
      if (error.status) return;
      await waited(SELDOM);
    }
  }
  putTogether(library);
  follow(library);
}

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
  /** @param {boolean} isLarge whether a photo is looked at alone, or the groups in the grid */
  const look = (isLarge) => {
    if (isLarge === viewer.isOpen) return;
    if (isLarge) history.pushState({ isLarge }, "");
    show(isLarge);
  };
  const show = (isLarge) => {
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
  addEventListener("popstate", () => show(Boolean(history.state?.isLarge)));
  reach.addEventListener("change", () => {
    tellOfReach();
    if (reach.isThere) grid.lay();
    if (reach.isThere) viewer.retry();
  });
  grid.lay();
  grid.focus();
  if (history.state?.isLarge && library.group) show(true);
  if (!library.mayAct) say("This review is for looking only.");
}

function tellOfReach() {
  byId("gone").hidden = reach.isThere;
  const sentence = "The program does not answer: what you decide now is not kept. Trying again…";
  byId("gone").textContent = reach.isThere ? "" : sentence;
  if (reach.isThere) say("The program answers again.");
}

/** Ask what is new, for as long as the page is looked at. */
async function follow(library) {
  for (;;) {
    if (document.hidden) await new Promise((resolve) => addEventListener("visibilitychange", resolve, { once: true }));
    try {
      await library.follow();
    } catch (error) {
      if (error.status) byId("gone").textContent = error.message;
      if (error.status) byId("gone").hidden = false;
    }
    await waited(!reach.isThere ? SELDOM : library.job?.state === "running" ? OFTEN : USUAL);
  }
}

start();
