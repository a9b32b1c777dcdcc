import assert from "node:assert/strict";
import { serviceOptions } from "../../../options/values.ts";
import { formatHost, parseHost } from "../../../table/address.ts";
import { RecordRings } from "../../../table/records/record_rings.ts";
import { END, type EndNumber } from "../../../table/records/ends.ts";
import { Table } from "../../../table/table.ts";
import type { Admittance, ReceptionTerms } from "../../reception.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import { Arrivals } from "./arrivals.ts";
import type { Backlog } from "../relaying/backlog.ts";
import { Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Dialer } from "../dialing/dialer.ts";
import type { Ending } from "../relaying/ending.ts";
import { Greetings } from "./greetings.ts";
import { Handles } from "../thread/handles.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import type { Listening } from "./listening.ts";
import { Poller } from "../kernel/poller.ts";
import { ReadyQueue } from "../thread/ready_queue.ts";
import type { Room } from "./room.ts";
import { ServiceState } from "../shared/service_state.ts";
import { encodeAddress } from "../kernel/sockets.ts";
import { LiveRows } from "../shared/live_rows.ts";
import { RecordKeeper } from "../thread/record_keeper.ts";
import { STAGE } from "../thread/stage.ts";
import { ThreadService } from "../thread/thread_service.ts";
import { ThreadServices } from "../thread/thread_services.ts";
import { Timers } from "../thread/timers.ts";

const CLIENT = 10, CAPACITY = 64;
const PEER = encodeAddress(parseHost("192.0.2.1").bytes, 1234, 0);
const LINE = "PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\n";

/** What a test may want different. */
interface Circumstances {
  readonly access?: Partial<Admittance>;
  readonly listens?: boolean;
  readonly abortOnClose?: boolean;
  /** Bytes after which every read stops, as before an urgent byte. */
  readonly mark?: number;
  readonly unwatchable?: boolean;
}

/** A client that has just been accepted, with a kernel that holds what it sends. */
function arrived({ access, listens = false, abortOnClose = false, mark = 0, unwatchable = false }: Circumstances) {
  const told: string[] = [], calls: string[] = [];
  const sent = { bytes: [] as number[], taken: 0, ended: false, error: 0, interrupted: 0 };
  let time = 0;
  const call: Partial<Calls> = {
    epoll_create1: () => 5,
    epoll_ctl: () => unwatchable ? -1 : 0,
    clock_gettime: (_, timespec) => {
      const [seconds, nanoseconds] = [Math.floor(time / 1000), time % 1000 * 1e6];
      (timespec as Int32Array<ArrayBuffer>).set([seconds, 0, nanoseconds, 0]);
      return 0;
    },
    close: () => (calls.push("close"), 0),
    setsockopt: (_, __, name) => (calls.push(name === C.SO_LINGER ? "reset" : `option ${name}`), 0),
    ioctl: (_, request, result) => {
      assert.equal(request, C.FIONREAD);
      calls.push("count");
      (result as Int32Array<ArrayBuffer>)[0] = sent.bytes.length;
      return 0;
    },
    recv: (_, buffer, bytes, flags) => {
      const peeks = flags === C.MSG_PEEK;
      calls.push(peeks ? "peek" : `take ${bytes}`);
      if (sent.error !== 0) return -sent.error;
      if (!peeks && sent.interrupted-- > 0) return -ERRNO.EAGAIN;
      const most = sent.taken < mark ? mark - sent.taken : Infinity, n = Math.min(bytes, sent.bytes.length, most);
      if (n === 0) return sent.ended ? 0 : -ERRNO.EAGAIN;
      buffer.set(sent.bytes.slice(0, n));
      if (!peeks) sent.bytes.splice(0, n), sent.taken += n;
      return n;
    },
  };
  const libc = { call } as Libc, connections = new Connections(libc, new Uint8Array(CAPACITY), 0);
  const settings = { ...serviceOptions({ abortOnClose }), halfCloseTimeout: 0, trace: false };
  const share = { id: 1, table: Table.create().buffer, state: ServiceState.create(1).buffer, settings, sockets: [] };
  const service = new ThreadService(libc, 0, 1, share, () => {}), services = new ThreadServices(CAPACITY);
  const admittance: Admittance | undefined = access && {
    guards: true,
    reset: false,
    proxyTimeout: 5,
    objection: undefined,
    admitsPeer: () => true,
    expectsHeader: () => true,
    enter: () => 7,
    leave: () => {},
    refused: (reason) => told.push(reason),
    ...access,
  };
  const reception: ReceptionTerms = {
    access: admittance,
    preambleTimeout: 3000,
    listensTo: () => listens,
    takes: () => true,
  };
  Object.assign(service.terms, { reception: access || listens ? reception : undefined });
  const place = { address: new Uint8Array(16), port: 0 }, timers = new Timers(libc, CAPACITY);
  const ready = new ReadyQueue(connections), handles = new Handles(CAPACITY), { rows } = connections;
  const rings = RecordRings.create(1), live = LiveRows.create(CAPACITY);
  const records = new RecordKeeper(live, services, timers, rings.ring(0), () => {});
  const close = () => {
    told.push(`closed with handle ${handles.of(CLIENT)}`);
    connections.close(CLIENT);
  };
  const end = (client: number, end: EndNumber) => {
    records.ended(client, end);
    close();
  };
  const ending = { close, end } as unknown as Ending;
  const dialer = {
    prepare: () => place,
    begin(client, port, greeting, header) {
      const from = `${place.address.slice(12).join(".")}:${place.port}`;
      told.push(`dials for ${from} at ${port}, ${greeting?.protocol ?? "unheard"}, ${header?.length ?? "no"} header`);
      rows[client * WIDTH + ROW.STAGE] = STAGE.CONNECTING;
    },
  } as Dialer;
  const arrivals = new Arrivals(connections, new Poller(libc), services, ending, dialer, records);
  const greetings = arrivals.greetings = new Greetings({
    libc,
    connections,
    timers,
    services,
    ready,
    handles,
    backlog: { buffer: new Uint8Array(65536) } as Backlog,
    room: { leave: () => told.push("seat given back") } as unknown as Room,
    ending,
    dialer,
    arrivals,
    records,
  });
  const result = arrivals.accepted(CLIENT, PEER, { service, port: 80 } as Listening);
  const flags = () => rows[CLIENT * WIDTH + ROW.FLAGS], stage = () => rows[CLIENT * WIDTH + ROW.STAGE];
  /** The client sends something, or ends its sending; the kernel reports that. */
  const send = (text: string, more: { ended?: boolean } = {}) => {
    sent.bytes.push(...Array.from(text, (letter) => letter.charCodeAt(0)));
    sent.ended = more.ended ?? false;
    rows[CLIENT * WIDTH + ROW.FLAGS] |= IS.READABLE | IS.FRESH | (sent.ended ? IS.HUNG_UP : 0);
    greetings.happened(CLIENT);
  };
  /** Lets some time pass; returns whether the client's time is over, and then tells. */
  const pass = (milliseconds: number) => {
    // A thread that wakes much later than planned would not count the time.
    for (const end = time + milliseconds; time < end;) {
      time = Math.min(time + 500, end);
      timers.turn(true);
      timers.wait();
      timers.turn(true);
      if (timers.expired() !== CLIENT) continue;
      greetings.expired(CLIENT);
      return true;
    }
    return false;
  };
  return {
    greetings,
    result,
    told,
    calls,
    sent,
    send,
    pass,
    flags,
    stage,
    ready,
    handles,
    left: () => sent.bytes.length,
    /** How connections have ended, and whose they were. */
    ends: () => {
      const ends: string[] = [], host = ({ address }: { address: Uint8Array }) => formatHost(address);
      rings.take(({ client, peer, end }) => ends.push(`${end} ${host(client)}${peer ? ` by ${host(peer)}` : ""}`));
      return ends;
    },
  };
}

Deno.test("a client of a service that asks for nothing dials at once, and not a byte of it is looked at", () => {
  const { told, calls, result } = arrived({});
  assert.deepEqual([result, told, calls], [0, ["dials for 192.0.2.1:1234 at 80, unheard, no header"], []]);
});

for (const reset of [false, true]) {
  Deno.test(`a client that may not come in is ${reset ? "reset" : "closed"} before anything is kept about it`, () => {
    const access = { expectsHeader: () => false, enter: () => -1, objection: "rate", reset } as const;
    const { told, calls, result, stage, ends } = arrived({ access });
    assert.deepEqual([result, stage(), ends()], [0, STAGE.NONE, ["rate 192.0.2.1"]]);
    assert.deepEqual([told, calls], [["seat given back"], reset ? ["reset", "close"] : ["close"]]);
  });
}

Deno.test("a client that cannot be watched is closed, with what it has to give back", () => {
  const { told, result, ends } = arrived({ access: {}, unwatchable: true });
  assert.deepEqual([result, told], [ERRNO.ENOMEM, ["closed with handle 0"]]);
  assert.deepEqual(ends(), ["local 192.0.2.1"]);
  const other = arrived({ access: { expectsHeader: () => false }, unwatchable: true });
  assert.deepEqual([other.result, other.told], [ERRNO.ENOMEM, ["closed with handle 7"]]);
});

Deno.test("exactly the PROXY header is taken, and what follows stays readable without another event", () => {
  const { send, told, left, flags, handles, sent } = arrived({ access: {} });
  send(LINE + "hello");
  assert.deepEqual(told, ["dials for 198.51.100.7:4711 at 80, unheard, 46 header"]);
  assert.deepEqual([left(), sent.taken, handles.of(CLIENT)], [5, LINE.length, 7]);
  assert.equal(flags() & (IS.READABLE | IS.FRESH), IS.READABLE);
});

Deno.test("a header in pieces is looked at only when enough has come", () => {
  const { send, told, calls, left } = arrived({ access: {} });
  send(LINE.slice(0, 10));
  assert.deepEqual(calls, ["peek"]);
  send(LINE.slice(10, 12));
  assert.deepEqual(calls, ["peek", "count"]);
  send(LINE.slice(12));
  assert.deepEqual([told.length, left()], [1, 0]);
});

Deno.test("a header in which a read stops, and fails for a moment, is taken all the same", () => {
  const { greetings, send, told, left, ready, sent, stage } = arrived({ access: {}, mark: 20 });
  sent.interrupted = 1;
  // What is peeked at ends at the mark, too.
  send(LINE + "hello");
  assert.deepEqual([told, stage()], [[], STAGE.GREETING]);
  sent.taken = 20;
  greetings.happened(CLIENT);
  assert.deepEqual([told, left(), ready.size], [[], LINE.length + 5, 1]);
  ready.shift();
  greetings.resumed(CLIENT);
  assert.deepEqual([told.length, left()], [1, 5]);
});

Deno.test("what comes while a header is being taken is not taken for what follows it", () => {
  const { greetings, send, told, left, sent, stage } = arrived({ access: {}, listens: true });
  sent.interrupted = 1;
  send(LINE);
  send("SSH-2.0-client\r\n");
  assert.deepEqual([told, stage()], [[], STAGE.GREETING]);
  greetings.resumed(CLIENT);
  assert.deepEqual(told, ["dials for 198.51.100.7:4711 at 80, ssh, 46 header"]);
  assert.equal(left(), 16);
});

Deno.test("a header is waited for as long as it may take, and a greeting after it has its own time", () => {
  const { send, told, pass } = arrived({ access: {}, listens: true });
  assert.equal(pass(4000), false);
  send(LINE);
  assert.equal(pass(2500), false);
  assert.deepEqual(told, []);
  assert.equal(pass(600), true);
  assert.deepEqual(told, ["dials for 198.51.100.7:4711 at 80, none, 46 header"]);
});

Deno.test("a header that does not come in time closes the client", () => {
  const { send, told, pass, stage, ends } = arrived({ access: {} });
  send(LINE.slice(0, 20));
  assert.equal(pass(5001), true);
  assert.deepEqual([told, stage()], [["proxy-timeout", "closed with handle 0"], STAGE.NONE]);
  assert.deepEqual(ends(), ["proxy-timeout 192.0.2.1"]);
});

Deno.test("a client that its PROXY header names and the lists refuse has a record under its own name", () => {
  const { send, ends } = arrived({ access: { enter: () => -1, objection: "denied" } });
  send(LINE);
  assert.deepEqual(ends(), ["denied 198.51.100.7 by 192.0.2.1"]);
});

Deno.test("a proxy that leaves at once is closed and nobody is told", () => {
  const { send, told, ends } = arrived({ access: {} });
  send("", { ended: true });
  assert.deepEqual([told, ends()], [["closed with handle 0"], ["left-early 192.0.2.1"]]);
});

Deno.test("the first words of a client stay where they are", () => {
  const { send, told, left, flags } = arrived({ listens: true });
  send("SSH-2.0-client\r\n", { ended: true });
  assert.deepEqual(told, ["dials for 192.0.2.1:1234 at 80, ssh, no header"]);
  assert.equal(left(), 16);
  assert.equal(flags() & (IS.READABLE | IS.FRESH | IS.HUNG_UP), IS.READABLE | IS.FRESH | IS.HUNG_UP);
});

Deno.test("a client that ends without a word is served as one that says nothing, unless it is given up then", () => {
  for (const abortOnClose of [false, true]) {
    const { send, told } = arrived({ listens: true, abortOnClose });
    send("", { ended: true });
    const outcome = abortOnClose ? "closed with handle 0" : "dials for 192.0.2.1:1234 at 80, none, no header";
    assert.deepEqual(told, [outcome]);
  }
});

Deno.test("a client that is reset while it is looked at is closed", () => {
  const { send, told, sent } = arrived({ listens: true });
  sent.error = ERRNO.ECONNRESET;
  send("x");
  assert.deepEqual(told, ["closed with handle 0"]);
});

Deno.test("a client that is closed from outside gives back what it has", () => {
  const { greetings, told, pass, ends } = arrived({ access: { expectsHeader: () => false }, listens: true });
  greetings.close(CLIENT, END.KILLED);
  assert.deepEqual([told, ends()], [["closed with handle 7"], ["killed 192.0.2.1"]]);
  assert.equal(pass(10_000), false);
});
