/* Acting: what would be done, in words and numbers; doing it; and taking it back. */

import { byId, capital, count, grouped, make, named } from "./dom.js";
import { get, post } from "./server.js";

const TITLES = { preview: "What would be done", apply: "What was done", undo: "Undo" };

export class ApplyPanel {
  /** What this window looked at and can do now: where it is asked for, with what, the words for it, and in which job. */
  #next = null;
  /** The job that this window began, or whose end it has seen. */
  #seen = 0;

  /** @param {import("./library.js").Library} library */
  constructor(library) {
    this.library = library;
    this.dialog = byId("apply");
    const groups = grouped(library.groups.length);
    byId("scope").textContent = `This is about all groups here, ${groups} in number, whatever the filters show.`;
    const opener = byId("apply-open");
    opener.hidden = !library.mayAct;
    opener.addEventListener("click", () => this.open());
    byId("apply-close").addEventListener("click", () => this.dialog.close());
    byId("options").addEventListener("submit", (event) => this.#preview(event));
    byId("options").addEventListener("input", () => this.#forget());
    byId("do").addEventListener("click", () => this.#doIt());
    byId("cancel").addEventListener("click", () => this.#try(() => post("/api/cancel")));
    library.addEventListener("job", () => this.#showJob());
  }

  async open() {
    this.dialog.showModal();
    byId("apply-said").textContent = "";
    await this.#try(async () => {
      if (!byId("choices").hasChildNodes()) byId("choices").append(...(await get("/api/choices")).map(fieldFor));
      await this.#showHistory();
    });
  }

  #preview(event) {
    event.preventDefault();
    const body = optionsIn(byId("choices"));
    return this.#begin("/api/preview", body, { path: "/api/apply", body, words: "Do this" });
  }

  #lookAtUndo(run) {
    const next = { path: "/api/undo", body: { run, look: false }, words: "Undo this" };
    return this.#begin("/api/undo", { run, look: true }, next);
  }

  #doIt() {
    const { path, body } = this.#next;
    return this.#begin(path, body, null);
  }

  #begin(path, body, next) {
    this.#forget();
    return this.#try(async () => {
      const { id } = await post(path, body);
      this.#next = next && { ...next, job: id };
      this.#seen = 0;
      await this.library.follow();
      byId("job").focus();
    });
  }

  /* What was looked at with other choices is not what would be done now. */
  #forget() {
    this.#next = null;
    byId("apply-said").textContent = "";
    byId("do").hidden = true;
  }

  async #try(act) {
    try {
      await act();
    } catch (error) {
      byId("apply-said").textContent = error.message;
    }
  }

  #showJob() {
    const { job } = this.library;
    byId("job").hidden = !job;
    if (!job) return;
    const isRunning = job.state === "running";
    this.#showProgress(job, isRunning);
    const isNew = !isRunning && job.id !== this.#seen;
    if (isRunning || isNew) this.#showResult(job, isRunning);
    if (isNew) {
      this.#seen = job.id;
      if (this.dialog.open) this.#try(() => this.#showHistory());
    }
  }

  #showProgress({ kind, title, done, total }, isRunning) {
    byId("job-running").hidden = !isRunning;
    byId("job-title").textContent = isRunning ? title : TITLES[kind];
    const bar = byId("job-bar");
    if (total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    byId("job-done").textContent = total ? `${grouped(done)} of ${grouped(total)}` : "";
    const progress = total ? `, ${Math.floor((100 * done) / total)} %` : "";
    byId("apply-open").textContent = isRunning ? `${title}${progress}` : "Apply…";
  }

  #showResult({ id, kind, state, error, result }, isRunning) {
    const lines = isRunning ? [] : (error ? [error] : (result?.lines ?? []));
    const nothing = `There ${kind === "preview" ? "is" : "was"} nothing to do.`;
    const words = lines.length || isRunning ? lines : [nothing];
    byId("job-lines").replaceChildren(...words.map((line) => make("li", {}, line)));
    const failed = result?.failed ?? [];
    const rows = failed.flatMap(([name, why]) => [make("dt", {}, named(name)), make("dd", {}, why)]);
    byId("job-failed").replaceChildren(...rows);
    /* Another window may have looked at something else since: what is shown is what can be done, or nothing can. */
    const canDo = !isRunning && state === "done" && this.#next?.job === id && result.lines.length;
    byId("do").hidden = !canDo;
    byId("do").textContent = canDo ? this.#next.words : "";
    if (!isRunning) byId("apply-said").textContent = ending(kind, state, failed.length);
  }

  async #showHistory() {
    const runs = await get("/api/history");
    const items = runs.map((run) => this.#entryFor(run));
    byId("history").replaceChildren(...(items.length ? items : [make("li", {}, "Nothing was done yet.")]));
  }

  #entryFor({ run, about, changes, state }) {
    const more = make("details", {}, make("summary", {}, `${capital(count(changes, "change"))}`));
    more.addEventListener("toggle", () => more.open && this.#fill(more, run), { once: true });
    const undo = make("button", { type: "button", "aria-label": `Undo run ${run}` }, "Undo…");
    undo.addEventListener("click", () => this.#lookAtUndo(run));
    const isOver = state === "undone" || state === "undo";
    return make("li", {}, make("p", {}, named(about)), ...(isOver ? [] : [undo]), more);
  }

  #fill(more, run) {
    return this.#try(async () => {
      const { changes } = await get(`/api/history/${run}`);
      const about = { className: "changes", tabIndex: 0, role: "list", "aria-label": `Changes of run ${run}` };
      more.append(make("ul", about, ...changes.map((one) => make("li", {}, one))));
    });
  }
}

/* How a job came to its end, in whichever window it was begun. */
function ending(kind, state, failures) {
  if (state === "failed" && kind === "preview") return "This could not be worked out. Nothing was done.";
  if (state === "failed") return "This failed: what was done until then is in the history.";
  if (failures) return `${count(failures, "thing")} could not be done, see above.`;
  return kind === "preview" ? "This is what would be done." : "Done.";
}

/* A field for a choice; its name in the question is in its data. */
function fieldFor({ name, label, kind, choices, default: standard, about }) {
  const id = `option-${name}`;
  const data = { id, name, "aria-describedby": `${id}-about` };
  const makers = {
    bool: () => make("input", { ...data, type: "checkbox", checked: Boolean(standard) }),
    choice: () => make("select", data, ...choices.map((choice) => new Option(choice, choice, false, choice === standard))),
    text: () => make("input", { ...data, type: "text", value: standard ?? "", spellcheck: false }),
  };
  const hint = make("span", { id: `${id}-about`, className: "hint" }, capital(about));
  return make("div", { className: `option ${kind}` }, make("label", { for: id }, label), makers[kind](), hint);
}

function optionsIn(choices) {
  const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value.trim() || null);
  return Object.fromEntries([...choices.querySelectorAll("input, select")].map((field) => [field.name, valueOf(field)]));
}
