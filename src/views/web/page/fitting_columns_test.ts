import assert from "node:assert/strict";
import { fittingColumns, NARROW } from "./fitting_columns.js";

const COLUMNS = [
  { id: "state", width: 100, narrow: 90 },
  { id: "name", width: 100, rest: "narrow" },
  { id: "total", width: 300, spare: 1 },
  { id: "sent", width: 200, spare: 2, leaves: 400 },
  { id: "rcvd", width: 200, spare: 2, leaves: 400 },
  { id: "problem", width: 0, leaves: 250, rest: "wide" },
] as const;
const shown = (width: number) => [...fittingColumns(COLUMNS, width)];

Deno.test("page: what one needs least goes first, and the last column gets what is left", () => {
  const all = COLUMNS.map(({ id, width }) => [id, id === "problem" ? undefined : width]);
  assert.deepEqual(shown(1300), all);
  assert.deepEqual(shown(1299), all.filter(([id]) => id !== "sent" && id !== "rcvd"));
  assert.deepEqual(shown(750).map(([id]) => id), ["state", "name", "total", "problem"]);
  assert.deepEqual(shown(749).map(([id]) => id), ["state", "name", "problem"]);
  assert.deepEqual(shown(NARROW + 1).map(([id]) => id), ["state", "name", "problem"]);
});

Deno.test("page: a narrow table has few columns, and names get what is left", () => {
  assert.deepEqual(shown(NARROW), [["state", 90], ["name", undefined]]);
});
