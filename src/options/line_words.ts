/** The words that say what a line of a file of services is. */
export const LINES = ["balance", "defaults", "process", "include"] as const;

/** One of them. */
export type LineWord = typeof LINES[number];

/** The same as a set, in which any word can be looked up. */
export const LINE_WORDS: ReadonlySet<string> = new Set(LINES);
