import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { formatJson, formatText } from "./format.ts";

const record: LogRecord = {
  category: ["balance"],
  level: "warning",
  timestamp: Date.UTC(2024, 1, 29, 12, 34, 56, 789),
  message: ["group ", 0, " says ", "a\x1b[31m\nb\u202e", ""],
  rawMessage: "group {group} says {what}",
  properties: { group: 0, what: "a\x1b[31m\nb\u202e" },
};

Deno.test("a line for people has time, level and message, its values escaped", () => {
  assert.equal(
    formatText(record),
    "2024-02-29T12:34:56.789Z warning group 0 says a\\x1b[31m\\x0ab\\u202e\n",
  );
  assert.match(formatText({ ...record, level: "info" }), /^\S+ info {4}group/);
});

Deno.test("a line for machines is one JSON object with the values as they are", () => {
  const line = formatJson(record);
  assert.match(line, /^[ -~]+\n$/);
  assert.deepEqual(JSON.parse(line), {
    time: "2024-02-29T12:34:56.789Z",
    level: "warning",
    message: "group 0 says a\\x1b[31m\\x0ab\\u202e",
    group: 0,
    what: "a\x1b[31m\nb\u202e",
  });
});
