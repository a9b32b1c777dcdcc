// @ts-check
/// <reference lib="dom" />
/** What the page asks of the program, with the token that opens it, if one is needed. */

/** Kept in memory only: it is gone with the page. @type {string | undefined} */
let token;

/** A token behind `#token=` in the address opens the page at once; it is taken out of the address. */
export function takeTokenOfAddress() {
  const found = tokenIn(location.hash);
  if (found === undefined) return;
  token = found;
  history.replaceState(null, "", location.pathname + location.search);
}

/** The token in `#token=…`; a token with a percent sign may stand there as it is. @param {string} hash */
export function tokenIn(hash) {
  const [, found] = /^#token=(.+)$/.exec(hash) ?? [];
  try {
    return found && decodeURIComponent(found);
  } catch {
    return found;
  }
}

/** @param {string | undefined} value */
export function useToken(value) {
  token = value;
}

/** Whether there is one. */
export const hasToken = () => token !== undefined;

/** Asks for something below `api/v1/`. @param {string} path @param {RequestInit} [init] */
export async function ask(path, init = {}) {
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
  return await fetch(`api/v1/${path}`, { ...init, headers, cache: "no-store", credentials: "omit" });
}

/** The answer, as JSON. @param {string} path @throws {Error} with the program's reason @returns {Promise<any>} */
export async function askJson(path) {
  const response = await ask(path);
  if (!response.ok) throw new Error(await reasonOf(response));
  return await response.json();
}

/**
 * Lets the program do something.
 *
 * @param {Record<string, unknown>} action
 * @returns {Promise<{ ok: boolean, text: string, unlocked: boolean }>} what it said, and whether the token was the right one
 */
export async function act(action) {
  const response = await ask("act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(action),
  });
  const unlocked = response.status !== 401 && response.status !== 403;
  return {
    ok: response.ok,
    text: response.ok ? (await response.json()).lines.join("\n") : await reasonOf(response),
    unlocked,
  };
}

/** @param {Response} response */
async function reasonOf(response) {
  const text = (await response.text()).trim();
  return text === "" ? `the program answered ${response.status}` : text;
}
