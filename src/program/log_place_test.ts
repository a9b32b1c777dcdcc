import assert from "node:assert/strict";
import { logPlace } from "./log_place.ts";

for (
  const [target, problem, journal, place] of [
    ["stderr", null, false, undefined],
    ["syslog", null, false, "the system log"],
    ["syslog", null, true, "the system log (journalctl -t balance)"],
    ["syslog", "there is no /dev/log", true, undefined],
    ["/var/log/a\x1b.log", null, true, '"/var/log/a\\x1b.log"'],
  ] as const
) {
  Deno.test(`a log at ${JSON.stringify(target)}, problem ${problem}, is ${place}`, () => {
    assert.equal(logPlace({ target, problem, lost: 0 }, journal), place);
  });
}
