import assert from "node:assert/strict";
import type { Logger } from "../log/log.ts";
import { RefusedClients } from "./refused_clients.ts";

/** A logger whose lines are kept, filled in. */
function keeping() {
  const lines: string[] = [];
  const warn = (text: string, values: Record<string, unknown>) => {
    lines.push(text.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name])));
  };
  return { lines, logger: { warn } as unknown as Logger };
}

/** Timers of the test's own. */
function clock() {
  let due: (() => void)[] = [];
  return {
    later: (act: () => void) => void due.push(act),
    /** Lets a second pass. @returns whether anything waited for that */
    tick: () => {
      const now = due;
      due = [];
      now.forEach((act) => act());
      return now.length > 0;
    },
  };
}

Deno.test("clients that are refused for one reason make a line a second, which counts them all", () => {
  const { lines, logger } = keeping(), { later, tick } = clock();
  let count: { refused: number; spared: number } | undefined = { refused: 0, spared: 0 };
  const service = { about: () => ({ prefix: "service x: ", service: {} }), count: () => count };
  const refused = new RefusedClients(logger, service, "denied", later);
  const come = (client: string, refusedNow: number, spared = 0) => {
    count = { refused: count!.refused + refusedNow, spared: count!.spared + spared };
    refused.report({ reason: "denied", client, dryRun: false });
  };
  come("10.0.0.1", 1);
  assert.deepEqual(lines.splice(0), ["service x: refused 10.0.0.1: denied by the access list"]);
  come("10.0.0.2", 1);
  come("10.0.0.3", 40);
  assert.deepEqual(lines, []);
  // Also of those that were not reported one by one.
  count = { refused: 50, spared: 0 };
  assert.ok(tick());
  assert.deepEqual(lines.splice(0), ["service x: refused 49 clients, 10.0.0.3 among them: denied by the access list"]);
  assert.ok(tick());
  assert.ok(!tick(), "nobody is waited for when nobody has come for a second");
  assert.deepEqual(lines, []);
  come("10.0.0.4", 0, 2);
  assert.deepEqual(lines.splice(0), [
    "service x: would refuse 2 clients, 10.0.0.4 among them: denied by the access list",
  ]);
  count = undefined;
  tick();
  assert.ok(!tick(), "the service is gone");
  assert.deepEqual(lines, []);
});

Deno.test("what was wrong with a client's header is in its line", () => {
  const { lines, logger } = keeping(), about = () => ({ prefix: "", service: {} });
  const refused = new RefusedClients(
    logger,
    { about, count: () => ({ refused: 1, spared: 0 }) },
    "proxy-header",
    () => {},
  );
  refused.report({
    reason: "proxy-header",
    client: "10.0.0.1",
    dryRun: false,
    fault: "version 2 with a wrong checksum",
  });
  assert.deepEqual(lines, [
    "refused 10.0.0.1: no valid PROXY header (version 2 with a wrong checksum)",
  ]);
});
