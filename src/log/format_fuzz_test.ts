import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import fc from "fast-check";
import { foreignText, isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { formatJson, formatText } from "./format.ts";

function record(value: string): LogRecord {
  return {
    category: ["balance"],
    level: "info",
    message: ["control: ", value, ""],
    rawMessage: "control: {value}",
    properties: { value },
    timestamp: 0,
  };
}

Deno.test("a record is one harmless line in either form, and the JSON one keeps its values", () => {
  fc.assert(
    fc.property(foreignText(), (value) => {
      for (const line of [formatText(record(value), { time: true, priority: false }), formatJson(record(value))]) {
        assert.ok(line.endsWith("\n") && isHarmless(line.slice(0, -1)), JSON.stringify(line));
      }
      assert.equal(JSON.parse(formatJson(record(value))).value, value);
    }),
    parameters(1000),
  );
});
