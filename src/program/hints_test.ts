import assert from "node:assert/strict";
import type { Logger } from "../log/log.ts";
import type { RecordListener } from "../service/records/record_feed.ts";
import { BY, END } from "../table/records/ends.ts";
import { Statistics } from "../table/statistics/statistics.ts";
import { watchForHints } from "./hints.ts";

/** A watch over one service, with timers of the test's own. */
function watching() {
  const statistics = Statistics.create(1), lane = statistics.lane(0);
  const services = [{ name: "80", groups: { table: { statistics } } }];
  let due: (() => void) | undefined, pause = 0, listener: RecordListener | undefined;
  const instance = {
    services,
    onRecord: (listen: RecordListener) => {
      listener = listen;
      return () => void (listener = undefined);
    },
  } as unknown as Parameters<typeof watchForHints>[0];
  const stop = watchForHints(instance, {} as Logger, (act, milliseconds) => {
    due = act;
    pause = milliseconds;
    return () => void (due = undefined);
  });
  return {
    stop,
    /** A connection ends well, of which main is not told. */
    end: () => lane.ended(-1, END.CLOSED, BY.CLIENT, 5, 4, 1, 1, 1000),
    /** A record comes. */
    record: () => listener!({} as never, {} as never),
    /** Lets the pause pass. @returns the next one */
    look: () => {
      due!();
      return pause;
    },
    pause: () => due && pause,
    listens: () => listener !== undefined,
  };
}

Deno.test("where no connection ends, looks become rare", () => {
  const { look, pause, end, stop, listens } = watching();
  assert.equal(pause(), 5_000);
  assert.deepEqual([look(), look(), look(), look(), look()], [10_000, 20_000, 40_000, 60_000, 60_000]);
  end();
  assert.deepEqual([look(), look()], [5_000, 10_000]);
  stop();
  assert.deepEqual([pause(), listens()], [undefined, false]);
});

Deno.test("a connection that does not end well is looked at soon", () => {
  const { look, pause, record } = watching();
  look();
  look();
  record();
  assert.equal(pause(), 5_000);
});
