import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { formatEcs } from "./ecs.ts";

const record = (properties: Record<string, unknown>): LogRecord => ({
  category: ["balance"],
  level: "warning",
  timestamp: Date.UTC(2024, 1, 29, 12, 34, 56, 789),
  message: ["refused ", "a\x1b\u202e", ""],
  rawMessage: "",
  properties,
});

Deno.test("a line has the names of the Elastic Common Schema in the order of its guide, values as they are", () => {
  const line = formatEcs(record({ client: "192.0.2.1:5", reason: "a\x1b\u202e", group: 3 }));
  assert.match(line, /^[ -~]+\n$/);
  assert.match(line, /^\{"@timestamp":"2024-02-29T12:34:56\.789Z","log\.level":"warning","message":"refused a/);
  const { "process.pid": pid, ...fields } = JSON.parse(line);
  assert.equal(pid, Deno.pid);
  assert.deepEqual(fields, {
    "@timestamp": "2024-02-29T12:34:56.789Z",
    "log.level": "warning",
    "message": "refused a\\x1b\\u202e",
    "ecs.version": "8.11.0",
    "service.name": "balance",
    "client.address": "192.0.2.1:5",
    "client.ip": "192.0.2.1",
    "client.port": 5,
    "event.reason": "a\x1b\u202e",
    "balance": { client: "192.0.2.1:5", reason: "a\x1b\u202e", group: 3 },
  });
});

for (
  const [client, ip, port] of [
    ["[2001:db8::1]:443", "2001:db8::1", 443],
    ["2001:db8::1", "2001:db8::1", undefined],
    ["192.0.2.1", "192.0.2.1", undefined],
  ] as const
) {
  Deno.test(`the client ${client} has its address apart from its port`, () => {
    const fields = JSON.parse(formatEcs(record({ client })));
    assert.deepEqual([fields["client.ip"], fields["client.port"]], [ip, port]);
  });
}

Deno.test("a line that has no values has no fields for them", () => {
  const fields = JSON.parse(formatEcs(record({})));
  assert.deepEqual(Object.keys(fields).filter((name) => /balance|client|event/.test(name)), []);
});

Deno.test("a reason that continues the message begins with its own first word", () => {
  assert.equal(JSON.parse(formatEcs(record({ why: ": timed out" })))["event.reason"], "timed out");
  assert.ok(!("event.reason" in JSON.parse(formatEcs(record({ why: "" })))));
});
