"use strict";
/* Filtering and sorting the groups. */

(() => {
  const orders = {
    number: (one, other) => one.dataset.place - other.dataset.place,
    doubtful: (one, other) => one.dataset.confidence - other.dataset.confidence || orders.number(one, other),
    largest: (one, other) => sizeOf(other) - sizeOf(one) || orders.number(one, other),
  };
  const sections = decisions.groups.map((group) => group.section);
  const sizeOf = (section) => section.querySelectorAll(".photo").length;

  function isWanted(section) {
    const [least, most] = byId("size").value.split("-");
    return (
      sizeOf(section) >= Number(least) &&
      sizeOf(section) <= (Number(most) || Infinity) &&
      (!byId("kind").value || section.dataset.kind === byId("kind").value) &&
      (!byId("faces").checked || section.dataset.faces === "true") &&
      (!byId("doubtful").checked || section.dataset.doubtful === "true") &&
      (!byId("unseen").checked || !section.classList.contains("is-seen"))
    );
  }

  function filter() {
    for (const section of sections) section.hidden = !isWanted(section);
    const count = sections.filter((section) => !section.hidden).length;
    byId("none").hidden = count > 0 || sections.length === 0;
    const total = `${sections.length} ${sections.length === 1 ? "group" : "groups"}`;
    const seen = sections.filter((section) => section.classList.contains("is-seen")).length;
    byId("shown").textContent = `${count === sections.length ? total : `${count} of ${total}`}${seen ? `, ${seen} seen` : ""}`;
    byId("groups").classList.toggle("dense", byId("dense").checked);
  }

  function order() {
    byId("none").before(...[...sections].sort(orders[byId("order").value]));
  }

  function showAll() {
    byId("filters").reset();
    order();
    filter();
    byId("groups").focus();
  }

  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("change", filter);
  byId("order").addEventListener("change", order);
  byId("all").addEventListener("click", showAll);
  document.addEventListener("seen", filter);
  // Browsers restore the values of the fields after a reload.
  order();
  filter();
})();
