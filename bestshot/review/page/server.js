/* The conversation with the program; what it refuses comes with its sentence. */

const PATIENCE = 30_000;

/** The program answered, and did not do it; the message says why. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options) {
  let answer, body;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE) });
    body = await answer.text();
  } catch {
    throw new Error("The program does not answer.");
  }
  if (answer.ok) return body ? JSON.parse(body) : null;
  throw new Refusal(sentenceIn(body) ?? `The program refused this (${answer.status}).`, answer.status);
}

function sentenceIn(body) {
  try {
    return JSON.parse(body).error;
  } catch {
    return null;
  }
}

export const get = (path) => ask(path);

/* It goes before pictures that wait for a connection, and arrives even if the page is left meanwhile. */
const AT_ONCE = { priority: "high", keepalive: true };

export const post = (path, body = {}) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), ...AT_ONCE });

/** Show who we are by the token in the address, which then disappears from it; a later load has the cookie. */
export async function introduce() {
  const token = location.hash.slice(1);
  if (!token) return;
  history.replaceState(history.state, "", location.pathname);
  await post("/api/session", { token });
}
