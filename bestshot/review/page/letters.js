/* Whether a letter, a digit or a sign alone does something: who dictates to a computer may want none of that (WCAG 2.1.4). */

import { byId } from "./dom.js";

/* A cookie is kept for every port of this machine; a review has another one each time. */
const KEPT = "photo-organizer-letters";
const YEAR = 365 * 24 * 3600;

export const isLetter = (key) => key.length === 1 && key !== " ";

/** Whether letters act. */
export const doLettersAct = () => byId("letters").checked;

/** Recall what was chosen, and tell whenever it is chosen anew. */
export function onLetters(changed) {
  const box = byId("letters");
  box.checked = !document.cookie.split("; ").includes(`${KEPT}=off`);
  box.addEventListener("change", () => {
    document.cookie = `${KEPT}=${box.checked ? "on" : "off"}; path=/; max-age=${YEAR}; samesite=strict`;
    changed();
  });
  changed();
}
