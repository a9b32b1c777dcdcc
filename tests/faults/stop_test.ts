import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import type { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import { posix } from "../support/requirements.ts";
import { readChunks, writeAll } from "../support/streams.ts";
import type { Balance } from "./balance.ts";
import { since, within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const TRANSFERS = 200, HALF = 64 * 1024;

export const scenarios: Scenario[] = [
  stopping(
    "SIGTERM",
    "SIGTERM, the remaining bytes are sent afterwards",
    "every transfer byte-exact, exit code 0",
    60,
    async (target, finish) => {
      target.instance.signal("SIGTERM");
      await target.log.until("connections left to end");
      finish();
    },
    TRANSFERS,
  ),
  stopping(
    "kill command",
    "the control command kill, the remaining bytes are sent afterwards",
    "every transfer byte-exact, exit code 0",
    60,
    async (target, finish) => {
      await target.control("kill");
      await target.log.until("connections left to end");
      finish();
    },
    TRANSFERS,
  ),
  stopping(
    "deadline",
    "SIGTERM with a drain timeout of 1 s, the remaining bytes are never sent",
    "ends at the deadline, says how many connections were cut, exit code 0",
    1,
    (target) => {
      target.instance.signal("SIGTERM");
      return Promise.resolve();
    },
    0,
  ),
  stopping(
    "second SIGTERM",
    "SIGTERM twice with a drain timeout of 60 s, the remaining bytes are never sent",
    "ends at once, exit code 0",
    60,
    async (target) => {
      target.instance.signal("SIGTERM");
      await target.log.until("connections left to end");
      target.instance.signal("SIGTERM");
    },
    0,
  ),
];

function stopping(
  name: string,
  made: string,
  holds: string,
  timeout: number,
  stop: (target: Balance, finish: () => void) => Promise<void>,
  expected: number,
): Scenario {
  return {
    fault: `stop while ${TRANSFERS} transfers run: ${name}`,
    made,
    holds,
    needs: [posix],
    async measure(subject) {
      const bytes = pattern(2 * HALF), wanted = digestOf(bytes);
      const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
      await using backend = new Backend(async (connection) => {
        await writeAll(connection, bytes.subarray(0, HALF));
        await finished;
        await writeAll(connection, bytes.subarray(HALF));
        await connection.closeWrite();
        await readChunks(connection, () => {});
      });
      await using target = await subject.balance([`127.0.0.1:${backend.port}`], {
        options: ["--drain-timeout", String(timeout)],
      });
      const clients = await Promise.all(Array.from({ length: TRANSFERS }, () => target.client()));
      let received = 0;
      const results = clients.map((client: Client) => client.readToEnd((chunk) => received += chunk.length));
      await eventually("all transfers run", () => received === TRANSFERS * HALF, 30);
      const start = performance.now();
      await stop(target, finish);
      const complete =
        (await Promise.all(results)).filter(({ length, sha256, end }) =>
          length === wanted.length && sha256 === wanted.sha256 && end === "end-of-stream"
        ).length;
      for (const client of clients) client[Symbol.dispose]();
      const code = await target.ended();
      finish();
      assert.equal(code, 0);
      assert.equal(complete, expected);
      const figures = [
        `${complete} of ${TRANSFERS} byte-exact`,
        within("ended after", since(start), timeout === 1 ? 1.2 : 1, "s"),
        `exit code ${code}`,
      ];
      if (expected === 0) {
        assert.equal(target.logged(/connections were cut/).length, 1);
        assert.match(target.logged(/connections were cut/)[0], new RegExp(` ${TRANSFERS} connections`));
      }
      return figures;
    },
  };
}

testScenarios(import.meta.url, scenarios);
