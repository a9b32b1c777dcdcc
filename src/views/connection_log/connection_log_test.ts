import assert from "node:assert/strict";
import { ConnectionLog, type LogSurroundings, type LogValues } from "./connection_log.ts";

Deno.test("nothing is looked after while no line comes", () => {
  const lines: string[] = [], warnings: unknown[] = [], { setInterval, clearInterval } = globalThis;
  let tick: (() => void) | undefined, lostRecords = 0;
  const around = {
    log: {
      time: false,
      format: "text",
      logger: { warn: (_: string, values: unknown) => warnings.push(values) },
      state: { target: "stderr", problem: null, lost: 0 },
      lines: (more: readonly string[]) => void lines.push(...more),
      flush: () => Promise.resolve(),
    },
    format: "text",
    now: () => 0,
    lostRecords: () => lostRecords,
    resolve: (path: string) => path,
  } as unknown as LogSurroundings;
  const options = { connectionLog: true, connectionLogFormat: "%U", connectionLogSample: 1, logInterval: 0 };
  const looks = () => {
    let count = 0;
    for (; tick !== undefined; count++) tick();
    return count;
  };
  Object.assign(globalThis, {
    setInterval: (act: () => void) => {
      tick = act;
      // Something that can be unreferenced.
      return setTimeout(() => {}, 0);
    },
    clearInterval: (timer: number) => {
      tick = undefined;
      clearTimeout(timer);
    },
  });
  try {
    const log = new ConnectionLog(around);
    assert.equal(looks(), 0);
    lostRecords = 3;
    log.write({ up: 12 } as never, options as LogValues);
    // Longer than losses are not said again.
    assert.ok(looks() > 10);
    assert.deepEqual(warnings, [{ count: 3 }]);
    log.write({ up: 13 } as never, options as LogValues);
    assert.ok(looks() > 10);
  } finally {
    Object.assign(globalThis, { setInterval, clearInterval });
  }
});
