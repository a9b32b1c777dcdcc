/** What the two sides of an upgrade must agree on, whatever their versions. */

/** Environment variable by which a successor knows its predecessor: `PID:REPORTS:STDERR`, the last two descriptors. */
export const SUCCESSOR = "BALANCE_SUCCESSOR";

/** Whether this process was started as a successor, and nobody has asked for its predecessor yet. */
export function isSuccessor(): boolean {
  // A successor has all permissions; a program without this one is none.
  if (Deno.permissions.querySync({ name: "env", variable: SUCCESSOR }).state !== "granted") return false;
  return Deno.env.get(SUCCESSOR) !== undefined;
}

/** What a successor reports, one JSON object a line, on the descriptor it was given for it. */
export type Report =
  /** Everything is ready that needs nothing from the predecessor. */
  | { readonly report: "prepared" }
  /** It serves, and is the instance from now on. */
  | { readonly report: "serving"; readonly notes: readonly string[] }
  /** It cannot go on, and ends. */
  | { readonly report: "failed"; readonly error: string; readonly details: readonly string[] };

/** Reads a line of a successor, which may be another version. @throws {Error} when it is something else */
export function parseReport(line: string): Report {
  try {
    const { report, notes = [], error, details = [] } = JSON.parse(line);
    if (report === "prepared") return { report };
    if (report === "serving") return { report, notes: texts(notes) };
    if (report === "failed" && typeof error === "string") return { report, error, details: texts(details) };
  } catch {
    // Said below.
  }
  throw new Error("Cannot read report of successor: it is not a JSON object of a known kind");
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new TypeError("no list of texts");
  }
  return value;
}
