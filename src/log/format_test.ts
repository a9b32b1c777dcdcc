import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { formatJson, formatText, prefix } from "./format.ts";

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
    formatText(record, { time: true, priority: false }),
    "2024-02-29T12:34:56.789Z warning group 0 says a\\x1b[31m\\x0ab\\u202e\n",
  );
  assert.match(formatText({ ...record, level: "info" }, { time: true, priority: false }), /^\S+ info {4}group/);
});

for (
  const [time, priority, begins] of [
    [false, false, "warning group 0 says "],
    [false, true, "<4>group 0 says "],
    [true, true, "<4>2024-02-29T12:34:56.789Z warning group 0 says "],
  ] as const
) {
  Deno.test(`a line ${time ? "with" : "without"} the time ${priority ? "for" : "outside of"} the journal`, () => {
    const text = formatText(record, { time, priority });
    assert.ok(text.startsWith(begins), text);
    assert.match(text, /^[ -~]+\n$/);
  });
}

Deno.test("each level has its priority in syslog", () => {
  const levels = ["error", "warning", "info", "debug", "trace"] as const;
  assert.deepEqual(levels.map(prefix), ["<3>", "<4>", "<6>", "<7>", "<7>"]);
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
