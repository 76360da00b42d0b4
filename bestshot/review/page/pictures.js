/* Pictures of photos in the size they are shown in, the ones that are wanted next loaded ahead. */

const EDGES = [320, 640, 1280, 2560];
const ALL_OF_IT = 1280;
const AHEAD = 24;

/** @type {Map<string, HTMLImageElement>} what was loaded ahead lately, the oldest first */
const ahead = new Map();
/** @type {Map<number, number>} the longest edge of what was loaded of a photo; that is shown until a larger one is there */
const loaded = new Map();

/**
 * The longest edge to ask for, where the longest edge is shown in so many pixels of CSS: Infinity is the original.
 * Whoever enlarges a photo up to its pixels sees those; what a server keeps of it may have fewer.
 * @param {import("./library.js").Photo} photo
 */
export function edgeFor(photo, shown, isEnlarged = false) {
  const longest = Math.max(photo.width, photo.height);
  const wanted = Math.min(shown * devicePixelRatio, longest);
  if (isEnlarged && longest > ALL_OF_IT && wanted >= longest - 1) return Infinity;
  return EDGES.find((edge) => edge >= wanted - 1) ?? Infinity;
}

/** @param {import("./library.js").Photo} photo */
export function addressOf(photo, edge) {
  const revision = encodeURIComponent(photo.revision);
  const which = Number.isFinite(edge) ? `picture?edge=${edge}&v=` : "original?v=";
  return `/api/photos/${photo.id}/${which}${revision}`;
}

/** What can be shown of a photo at once, or undefined. */
export function soonest(photo) {
  const edge = loaded.get(photo.id);
  return edge && addressOf(photo, edge);
}

export function noteLoaded(photo, edge) {
  if (edge > (loaded.get(photo.id) ?? 0)) loaded.set(photo.id, edge);
}

/** Load a picture that will be wanted soon. */
export function loadAhead(photo, edge) {
  const address = addressOf(photo, edge);
  if (ahead.has(address)) return;
  const picture = new Image();
  picture.addEventListener("load", () => noteLoaded(photo, edge));
  picture.src = address;
  ahead.set(address, picture);
  for (const oldest of [...ahead.keys()].slice(0, -AHEAD)) ahead.delete(oldest);
}
