import assert from "node:assert/strict";
import { HistorySearch } from "./history_search.ts";

const HISTORY = ["show", "disable 12", "enable 1", "disable 12", "disable 1", "show json"];

/** A search into which words have been typed. */
function searched(...keys: string[]): HistorySearch {
  const search = new HistorySearch(HISTORY, "typed");
  for (const key of keys) {
    if (key === "^R") search.further();
    else if (key === "^H") search.erase();
    else search.add(key);
  }
  return search;
}

Deno.test("the latest command that contains the typed text is found, and each character narrows the search", () => {
  assert.equal(searched("s").match, "show");
  assert.equal(searched("d", "i", "s").match, "disable 12");
  assert.equal(searched("s", "h", "o", "w", " ").match, "show json");
});

Deno.test("Ctrl-R continues to older commands and skips repeated ones", () => {
  assert.equal(searched("disable", "^R").match, "disable 1");
  const { match, failed } = searched("disable", "^R", "^R");
  assert.deepEqual([match, failed], ["disable 1", true]);
});

Deno.test("text that no command contains leaves the last match, and deleting a character finds one again", () => {
  const { match, failed } = searched("e", "n", "x");
  assert.deepEqual([match, failed], ["enable 1", true]);
  assert.deepEqual([searched("e", "n", "x", "^H").failed, searched("en", "x", "^H").match], [false, "enable 1"]);
});

Deno.test("without any search text the line stays as it was typed", () => {
  assert.equal(searched("^R").match, "typed");
  assert.deepEqual([searched("q").match, searched("q").failed], ["typed", true]);
});
