import assert from "node:assert/strict";
import type { OptionValues } from "./values.ts";
import { valuesInForce } from "./values_in_force.ts";

for (
  const [what, before, asked, inForce] of [
    ["what can change does", { drainTimeout: 3 }, { drainTimeout: 4 }, { drainTimeout: 4 }],
    ["what can change may be taken back", { drainTimeout: 3 }, {}, {}],
    ["what takes a restart stays", { threads: 2 }, { threads: 3 }, { threads: 2 }],
    ["what takes a restart stays although it is taken back", { threads: 2 }, {}, { threads: 2 }],
    ["a default that stays is named", {}, { threads: 2, logFormat: "json" }, { threads: "auto", logFormat: "text" }],
    ["a default is not named any more once it is asked for again", { threads: "auto" }, {}, {}],
    ["what has no default is left out until a restart", {}, { user: "nobody" }, {}],
    ["a flag that stays off is named", {}, { foreground: true }, { foreground: false }],
  ] satisfies [string, OptionValues, OptionValues, OptionValues][]
) Deno.test(what, () => assert.deepEqual(valuesInForce<OptionValues>(before, asked), inForce));
