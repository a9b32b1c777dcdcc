import assert from "node:assert/strict";
import { Monitor } from "./monitor.ts";

const target = {
  ...{ address: "10.0.0.1", port: 80, host: "web1", check: "tcp", expect: undefined, source: undefined },
  ...{ interval: 2000, timeout: 1000, rise: 2, fall: 3 },
};

Deno.test("a monitor counts checks that fail, and its changes; a shortage on this machine is neither", () => {
  const monitor = new Monitor(target, 0);
  let now = 0;
  const check = (code: "L4OK" | "L4CON" | "SOCKERR") => monitor.checked({ code, reason: "" }, 1, ++now);
  const counts = () => [monitor.failed, monitor.changes, monitor.since];
  check("L4CON");
  assert.deepEqual(counts(), [1, 1, 1], "the first check decides");
  check("SOCKERR");
  check("L4OK");
  check("L4OK");
  assert.deepEqual(counts(), [1, 2, 4]);
  monitor.connectFailed("refused", 10_000, 5);
  assert.deepEqual(counts(), [1, 2, 4], "a client's connect is no check");
});
