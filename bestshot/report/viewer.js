"use strict";
/* The viewer of single photos; another photo of the group is shown with the same zoom and position. */

(() => {
  const LARGEST = 12;
  const STEP = 1.5;
  const PAN = 60;
  const SWIPE = 60;
  const viewer = byId("viewer");
  const stage = byId("stage");
  const frame = byId("frame");
  const fingers = new Map();
  let group = null;
  let place = 0;
  // The zoom relative to "fit", and the point of the photo, as fractions of its size, in the middle of the stage.
  let view = { zoom: 1, x: 0.5, y: 0.5 };
  let size = { width: 1, height: 1 };
  let swiped = 0;

  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
  const isShown = (card) => card.querySelector("button.picture") !== null;

  function open(from, at, box) {
    group = from;
    view = { zoom: 1, x: 0.5, y: 0.5 };
    viewer.showModal();
    go(at);
    if (box) {
      const [left, top, right, bottom] = box;
      const full = size.width / view.zoom;
      zoomTo((0.8 * Math.min(stage.clientWidth, stage.clientHeight)) / (full * (right - left)));
      centre((left + right) / 2, (top + bottom) / 2);
    }
    stage.focus();
  }

  /* The groups as they are shown, in their order. */
  const shown = () => [...document.querySelectorAll(".group:not([hidden])")].map((section) => decisions.groups.find((each) => each.section === section));

  /* None for a group that is no longer shown, as one that was seen while only others are asked for. */
  function neighbour(steps, all = shown()) {
    const at = all.indexOf(group);
    return at < 0 ? undefined : all[at + steps];
  }

  function goToGroup(other) {
    if (!other) return;
    group = other;
    view = { zoom: 1, x: 0.5, y: 0.5 };
    go(0);
  }

  /* The next group is looked for before this one is seen, as that may hide it. */
  function seenAndNext() {
    const other = neighbour(1);
    decisions.see(group, true);
    if (other) goToGroup(other);
    else showGroup();
  }

  function showGroup() {
    const all = shown();
    byId("viewer-group").textContent = group.section.querySelector("h2").textContent;
    byId("group-previous").disabled = !neighbour(-1, all);
    byId("group-next").disabled = !neighbour(1, all);
    byId("seen-next").setAttribute("aria-pressed", group.section.classList.contains("is-seen"));
  }

  function go(at) {
    place = clamp(at, 0, group.cards.length - 1);
    const card = group.cards[place];
    frame.replaceChildren(...pictures(card));
    byId("viewer-name").textContent = card.querySelector("h3").textContent;
    byId("viewer-place").textContent = `${place + 1} of ${group.cards.length}`;
    const why = [...card.querySelectorAll(".why li")].map((item) => item.textContent);
    byId("viewer-why").textContent = `${card.querySelector(".reasons").textContent}: ${why.join("; ")}`;
    byId("previous").disabled = place === 0;
    byId("next").disabled = place === group.cards.length - 1;
    layOut();
    showGroup();
    showDecision();
    byId("viewer-said").textContent = ["viewer-group", "viewer-name", "viewer-place"].map((id) => byId(id).textContent).join(", ");
  }

  /* The photo, covered by those of its details that have a higher resolution. */
  function pictures(card) {
    if (!isShown(card)) return [document.createTextNode(card.querySelector(".picture").textContent)];
    const whole = card.querySelector("button.picture img").cloneNode();
    whole.alt = card.querySelector("h3").textContent;
    const details = [];
    for (const button of card.querySelectorAll(".details button")) {
      const [left, top, right, bottom] = boxOf(button);
      const detail = button.querySelector("img").cloneNode();
      if (widthOf(detail) <= widthOf(whole) * (right - left)) continue;
      const parts = { left, top, width: right - left, height: bottom - top };
      for (const [side, part] of Object.entries(parts)) detail.style[side] = `${part * 100}%`;
      details.push(detail);
    }
    return [whole, ...details];
  }

  const widthOf = (picture) => Number(picture.getAttribute("width"));
  const boxOf = (button) => button.dataset.box.split(" ").map(Number);

  function layOut() {
    const picture = frame.querySelector("img");
    const width = picture ? widthOf(picture) : 1;
    const height = picture ? Number(picture.getAttribute("height")) : 1;
    const scale = view.zoom * Math.min(stage.clientWidth / width, stage.clientHeight / height);
    size = { width: width * scale, height: height * scale };
    const left = offset(stage.clientWidth, size.width, view.x);
    const top = offset(stage.clientHeight, size.height, view.y);
    Object.assign(frame.style, { width: `${size.width}px`, height: `${size.height}px`, transform: `translate(${left}px, ${top}px)` });
  }

  /* Where the photo begins so that the point is in the middle, but no edge of the photo within the stage. */
  function offset(room, length, point) {
    return length <= room ? (room - length) / 2 : clamp(room / 2 - point * length, room - length, 0);
  }

  function centre(x, y) {
    const edge = (room, length) => Math.min(0.5, room / 2 / length);
    const across = edge(stage.clientWidth, size.width);
    const down = edge(stage.clientHeight, size.height);
    view.x = clamp(x, across, 1 - across);
    view.y = clamp(y, down, 1 - down);
    layOut();
  }

  function pan(right, down) {
    centre(view.x + right / size.width, view.y + down / size.height);
  }

  /* Zoom so that what is at this point of the window stays there. */
  function zoomTo(zoom, clientX, clientY) {
    const bounds = stage.getBoundingClientRect();
    const right = clientX === undefined ? 0 : clientX - bounds.left - bounds.width / 2;
    const down = clientY === undefined ? 0 : clientY - bounds.top - bounds.height / 2;
    const x = view.x + right / size.width;
    const y = view.y + down / size.height;
    view.zoom = clamp(zoom, 1, LARGEST);
    layOut();
    centre(x - right / size.width, y - down / size.height);
    byId("smaller").disabled = view.zoom === 1;
  }

  function showDecision() {
    const isBest = group.best === place;
    const isKept = group.keep.has(place);
    const isOut = group.out.has(place);
    byId("viewer-mark").textContent = isBest ? "Best" : isKept ? "Kept" : isOut ? "Taken out" : "";
    byId("keep").setAttribute("aria-pressed", isKept);
    byId("keep").disabled = isBest;
    byId("pick").setAttribute("aria-pressed", isBest);
    byId("drop").setAttribute("aria-pressed", isOut);
    byId("drop").disabled = group.cards[place].querySelector(".out input").disabled;
    byId("smaller").disabled = view.zoom === 1;
    // A button that is disabled loses the focus, and with it the keyboard events.
    if (!viewer.contains(document.activeElement) || document.activeElement.disabled) stage.focus();
  }

  const pick = () => decisions.pick(group, place);
  const keep = () => decisions.keepToo(group, place, !group.keep.has(place));
  const drop = () => byId("drop").disabled || decisions.takeOut(group, place, !group.out.has(place));
  const keys = {
    ArrowLeft: (event) => (event.shiftKey ? pan(-PAN, 0) : go(place - 1)),
    ArrowRight: (event) => (event.shiftKey ? pan(PAN, 0) : go(place + 1)),
    ArrowUp: () => pan(0, -PAN),
    ArrowDown: () => pan(0, PAN),
    Home: () => go(0),
    End: () => go(group.cards.length - 1),
    "+": () => zoomTo(view.zoom * STEP),
    "=": () => zoomTo(view.zoom * STEP),
    "-": () => zoomTo(view.zoom / STEP),
    0: () => zoomTo(1),
    j: () => goToGroup(neighbour(1)),
    k: () => goToGroup(neighbour(-1)),
    PageDown: () => goToGroup(neighbour(1)),
    PageUp: () => goToGroup(neighbour(-1)),
    " ": seenAndNext,
    b: pick,
    p: keep,
    x: drop,
  };

  function middle() {
    const all = [...fingers.values()];
    const mean = (axis) => all.reduce((sum, finger) => sum + finger[axis], 0) / all.length;
    const apart = all.length > 1 ? Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y) : 0;
    return { x: mean("x"), y: mean("y"), apart };
  }

  function moved(event) {
    if (!fingers.has(event.pointerId)) return;
    const before = middle();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const after = middle();
    if (view.zoom === 1 && fingers.size === 1) swiped += after.x - before.x;
    pan(before.x - after.x, before.y - after.y);
    if (before.apart && after.apart) zoomTo((view.zoom * after.apart) / before.apart, after.x, after.y);
  }

  function lifted(event) {
    if (!fingers.delete(event.pointerId) || fingers.size) return;
    if (Math.abs(swiped) > SWIPE) go(place - Math.sign(swiped));
    swiped = 0;
  }

  viewer.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
    if (!act || (event.key === " " && event.target.closest("button"))) return;
    event.preventDefault();
    const isHeld = event.repeat && [pick, keep, drop, seenAndNext].includes(act);
    if (!isHeld) act(event);
  });
  viewer.addEventListener("close", () => {
    const card = group.cards[place];
    const target = card.querySelector("button.picture") || card.querySelector("input");
    (group.section.hidden ? byId("groups") : target).focus();
    target.scrollIntoView({ block: "nearest" });
  });
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  stage.addEventListener("pointermove", moved);
  stage.addEventListener("pointerup", lifted);
  stage.addEventListener("pointercancel", lifted);
  stage.addEventListener("dblclick", (event) => zoomTo(view.zoom > 1 ? 1 : 3, event.clientX, event.clientY));
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomTo(view.zoom * Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
  }, { passive: false });
  byId("previous").addEventListener("click", () => go(place - 1));
  byId("next").addEventListener("click", () => go(place + 1));
  byId("group-previous").addEventListener("click", keys.k);
  byId("group-next").addEventListener("click", keys.j);
  byId("seen-next").addEventListener("click", seenAndNext);
  byId("smaller").addEventListener("click", () => zoomTo(view.zoom / STEP));
  byId("larger").addEventListener("click", () => zoomTo(view.zoom * STEP));
  byId("fit").addEventListener("click", () => zoomTo(1));
  byId("close").addEventListener("click", () => viewer.close());
  byId("pick").addEventListener("click", pick);
  byId("keep").addEventListener("click", keep);
  byId("drop").addEventListener("click", drop);
  document.addEventListener("decided", (event) => viewer.open && event.detail === group && showDecision());
  addEventListener("resize", () => viewer.open && layOut());

  for (const each of decisions.groups) {
    each.cards.forEach((card, at) => {
      for (const button of card.querySelectorAll("button.picture, .details button")) {
        button.addEventListener("click", () => open(each, at, button.dataset.box && boxOf(button)));
      }
    });
  }
})();
