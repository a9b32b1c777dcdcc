import assert from "node:assert/strict";
import { ENDS } from "../../../table/records/ends.ts";
import { RecordRings } from "../../../table/records/record_rings.ts";
import { C } from "../kernel/abi.ts";
import { Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import { HalfClosed } from "./half_close.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import { LiveRows } from "../shared/live_rows.ts";
import { RecordKeeper } from "../thread/record_keeper.ts";
import { STAGE } from "../thread/stage.ts";
import type { ThreadServices } from "../thread/thread_services.ts";
import { Timers } from "../thread/timers.ts";
import { Traffic } from "./traffic.ts";

const CLIENT = 10, SERVER = 20, CAPACITY = 64;

/**
 * A connection with a clock set by hand, and sockets with these keep-alive times.
 *
 * @param limit seconds
 */
function halfClosed(limit: number, { idle = 7200, interval = 75 } = {}) {
  let seconds = 1000;
  const keepAlive = new Map<string, number>(), closed: string[] = [];
  for (const fd of [CLIENT, SERVER]) {
    keepAlive.set(`${fd} ${C.TCP_KEEPIDLE}`, idle).set(`${fd} ${C.TCP_KEEPINTVL}`, interval);
  }
  let calls = 0;
  const call: Partial<Calls> = {
    clock_gettime: (_, time) => {
      new Int32Array((time as Int32Array).buffer)[0] = seconds;
      return 0;
    },
    getsockopt: (fd, _, name, value) => {
      calls++;
      new DataView((value as Uint8Array).buffer).setInt32(0, keepAlive.get(`${fd} ${name}`)!, true);
      return 0;
    },
    setsockopt: (fd, _, name, value) => {
      calls++;
      keepAlive.set(`${fd} ${name}`, new DataView((value as Uint8Array).buffer).getInt32(0, true));
      return 0;
    },
  };
  const libc = { call, errno: new Int32Array(1), describe: String } as unknown as Libc;
  const connections = new Connections(libc, new Uint8Array(CAPACITY), 0), timers = new Timers(libc, CAPACITY);
  const terms = {
    service: { lane: { sent: () => {}, rcvd: () => {} } },
    idleLimit: 0,
    halfCloseLimit: limit > 0 ? limit * 1000 : Infinity,
    probeAfter: 60_000,
    probeEvery: 75,
  };
  const services = { of: () => terms } as unknown as ThreadServices;
  const live = LiveRows.create(CAPACITY), writer = RecordRings.create(1).ring(0);
  const records = new RecordKeeper(live, services, timers, writer, () => {});
  const traffic = new Traffic(connections, timers, services, records);
  connections.open(CLIENT, STAGE.CLIENT, IS.CLIENT | IS.WRITABLE, SERVER);
  connections.open(SERVER, STAGE.CHANNEL, IS.WRITABLE, CLIENT);
  const watch = new HalfClosed(libc, connections, timers, traffic, services, (fd, end) => {
    assert.equal(fd, CLIENT);
    closed.push(ENDS[end]);
  });
  const flag = (fd: number, flags: number) => connections.rows[fd * WIDTH + ROW.FLAGS] |= flags;
  return {
    moved: (fd: number) => traffic.moved(fd, 1),
    closed,
    flag,
    timers,
    calls: () => calls,
    times: (fd: number) => [C.TCP_KEEPIDLE, C.TCP_KEEPINTVL].map((name) => keepAlive.get(`${fd} ${name}`)),
    end: (fd: number) => {
      flag(fd, IS.HUNG_UP);
      watch.begin(fd);
    },
    /** Lets time pass second by second and handles each deadline. */
    pass: (duration: number) => {
      for (const end = seconds + duration; seconds < end;) {
        seconds++;
        timers.turn(true);
        timers.wait();
        timers.turn(true);
        for (let fd = timers.expired(); fd >= 0; fd = timers.expired()) watch.deadlinePassed(fd);
      }
      timers.turn(true);
    },
  };
}

for (const [side, fd, other] of [["client", CLIENT, SERVER], ["channel", SERVER, CLIENT]] as const) {
  Deno.test(`the ${side} is probed every 75 s once it has ended and nothing has moved for a minute`, () => {
    const { end, pass, times } = halfClosed(3600);
    end(fd);
    pass(59);
    assert.deepEqual(times(fd), [7200, 75]);
    pass(1);
    assert.deepEqual([times(fd), times(other)], [[75, 75], [7200, 75]]);
  });
}

Deno.test("a side is told once that it is probed, however long the silence is", () => {
  const { end, pass, calls } = halfClosed(0);
  end(CLIENT);
  pass(60);
  const before = calls();
  assert.ok(before > 0);
  pass(10_000);
  assert.equal(calls(), before);
});

Deno.test("shorter keep-alive times stay, longer ones are lowered", () => {
  for (const [idle, interval, ...after] of [[5, 2, 5, 2], [600, 3, 75, 3], [10, 100, 10, 75]]) {
    const { end, pass, times } = halfClosed(3600, { idle, interval });
    end(CLIENT);
    pass(60);
    assert.deepEqual(times(CLIENT), after);
  }
});

Deno.test("a half-closed connection is closed once nothing has moved until the limit", () => {
  for (const limit of [5, 60, 90, 3600]) {
    const { end, pass, closed, moved } = halfClosed(limit);
    end(SERVER);
    pass(limit - 1);
    moved(CLIENT);
    pass(limit - 1);
    assert.deepEqual(closed, [], `${limit}`);
    pass(1);
    assert.deepEqual(closed, ["half-close-timeout"], `${limit}`);
  }
});

Deno.test("a half-closed connection without a limit stays", () => {
  const { end, pass, closed } = halfClosed(0);
  end(CLIENT);
  pass(100_000);
  assert.deepEqual(closed, []);
});

Deno.test("the silence does not start anew when the second side ends", () => {
  const { end, pass, closed } = halfClosed(100);
  end(CLIENT);
  pass(50);
  end(SERVER);
  pass(50);
  assert.deepEqual(closed, ["half-close-timeout"]);
});

Deno.test("when one side is reset and the other takes nothing, the connection is closed after a minute", () => {
  const { end, flag, pass, closed } = halfClosed(0);
  end(CLIENT);
  pass(70);
  flag(CLIENT, IS.BROKEN);
  pass(60);
  assert.deepEqual(closed, ["client-reset"]);
});

Deno.test("a connection neither of whose sides has ended has no deadline", () => {
  assert.equal(halfClosed(1).timers.wait(), -1);
});
