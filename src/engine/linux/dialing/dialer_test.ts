import assert from "node:assert/strict";
import { serviceOptions } from "../../../options/values.ts";
import { parseHost } from "../../../table/address.ts";
import { RecordRings } from "../../../table/records/record_rings.ts";
import { PROXY, Table } from "../../../table/table.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import { Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import { Dialer } from "./dialer.ts";
import { Handles } from "../thread/handles.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import type { ThreadMessage } from "../shared/messages.ts";
import { Poller } from "../kernel/poller.ts";
import type { Preludes } from "./preludes.ts";
import { ServiceState } from "../shared/service_state.ts";
import { encodeAddress, portOf } from "../kernel/sockets.ts";
import { ROLE } from "../shared/live_roles.ts";
import { LiveRows } from "../shared/live_rows.ts";
import { RecordKeeper } from "../thread/record_keeper.ts";
import { STAGE } from "../thread/stage.ts";
import { ThreadService } from "../thread/thread_service.ts";
import { ThreadServices } from "../thread/thread_services.ts";
import { Timers } from "../thread/timers.ts";

const CLIENT = 10, SERVER = 20, CAPACITY = 64;

/** The port that the client came to. */
const CLIENTS_PORT = 41_000;

/** The channel's port, in the range from which the kernel picks local ports. */
const PORT = 40_000;

/** What a kernel refuses: error numbers of its calls, or a descriptor that it gives out. */
interface Refusal {
  readonly socket?: number;
  readonly descriptor?: number;
  readonly watch?: number;
  readonly connect?: number;
  /** The port that it gives sockets. */
  readonly ownPort?: number;
}

/** A client looking for one channel, with a kernel whose connect(2) answers with these errors, 0 for none. */
function dialled(...connects: number[]) {
  return dialledBeside(0, {}, ...connects);
}

/** The same with more channels, and a kernel that always refuses something. */
function dialledBeside(channels: number, refusal: Refusal, ...connects: number[]) {
  return dialledTo(PORT, channels, refusal, ...connects);
}

/** The same with another port of the channels. */
function dialledTo(port: number, channels: number, refusal: Refusal, ...connects: number[]) {
  const told: string[] = [], errno = new Int32Array(1), calls = { sockets: 0, reset: false, ports: [] as number[] };
  const answer = (error: number | undefined, result: number) => {
    errno[0] = error ?? 0;
    return error === undefined ? result : -1;
  };
  const call: Partial<Calls> = {
    epoll_create1: () => 5,
    epoll_ctl: () => answer(refusal.watch, 0),
    socket: () => (calls.sockets++, answer(refusal.socket, refusal.descriptor ?? SERVER)),
    setsockopt: (_, __, name) => (calls.reset ||= name === C.SO_LINGER, 0),
    getsockopt: () => 0,
    getsockname: (_, address) => {
      (address as Uint8Array).set(encodeAddress(parseHost("127.0.0.1").bytes, refusal.ownPort ?? PORT + 1, 0));
      return 0;
    },
    clock_gettime: () => 0,
    close: () => 0,
    connect: (
      _,
      address,
    ) => (calls.ports.push(portOf(address)), -(refusal.connect ?? connects.shift() ?? ERRNO.EINPROGRESS)),
  };
  const libc = { call, errno, describe: (number) => `error ${number}` } as Libc;
  const table = Table.create(), connections = new Connections(libc, new Uint8Array(CAPACITY), 0);
  for (let i = 0; i <= channels; i++) table.addChannel(0, { host: "127.0.0.1", port });
  const settings = { ...serviceOptions({}), halfCloseTimeout: 0, trace: false };
  const post = (message: ThreadMessage) => message.type === "event" && told.push(message.event.type);
  const share = { id: 1, table: table.buffer, state: ServiceState.create(1).buffer, settings, sockets: [] };
  const services = new ThreadServices(CAPACITY), service = new ThreadService(libc, 0, 1, share, post);
  const timers = new Timers(libc, CAPACITY), rings = RecordRings.create(1), live = LiveRows.create(CAPACITY);
  const records = new RecordKeeper(live, services, timers, rings.ring(0), () => {});
  const dialer = new Dialer(
    libc,
    connections,
    new Poller(libc),
    timers,
    services,
    new Handles(CAPACITY),
    records,
    {
      established: () => told.push("established"),
      rejected: () => told.push("rejected"),
      shortage: (_, reason) => told.push(`shortage: ${reason}`),
      lacksPreludes: () => told.push("lacks preludes"),
    },
  );
  connections.open(CLIENT, STAGE.CONNECTING, IS.CLIENT | IS.WRITABLE, -1);
  services.enter(CLIENT, service);
  records.accepted(CLIENT, service, ROLE.WAITING, parseHost("192.0.2.1").bytes, 1234, CLIENTS_PORT);
  dialer.prepare();
  dialer.begin(CLIENT, CLIENTS_PORT);
  const stage = () => connections.rows[CLIENT * WIDTH + ROW.STAGE];
  /** How connections have ended, and after which attempts. */
  const ends = () => {
    const ends: string[] = [];
    rings.take(({ end, detail, attempts }) =>
      ends.push([end, detail, ...attempts.map(({ result }) => result)].join(" "))
    );
    return ends;
  };
  return { dialer, table, told, stage, connects, calls, live, ends };
}

for (const [how, connect] of [["at once", 0], ["later", ERRNO.EINPROGRESS]] as const) {
  Deno.test(`a channel that accepts ${how} is connected with one call`, () => {
    const { dialer, table, told, connects: left } = dialled(connect, ERRNO.EISCONN);
    assert.deepEqual([left.length, told], [1, []]);
    dialer.answered(SERVER, C.EPOLLOUT);
    assert.deepEqual([told, table.current(0)], [["established"], 1]);
  });
}

Deno.test("a connect that is refused at once counts as failed", () => {
  const { table, told, ends } = dialled(ERRNO.ECONNREFUSED);
  assert.deepEqual(ends(), [`refused ${ERRNO.ECONNREFUSED} refused`]);
  assert.deepEqual([told, table.counters(0).failed], [["channel-failing", "turned-away", "rejected"], 1n]);
});

Deno.test("a connect without a free local port is a shortage, and is retried after a pause", () => {
  for (const error of [ERRNO.EADDRNOTAVAIL, ERRNO.EAGAIN]) {
    const { dialer, table, told, stage } = dialled(error, ERRNO.EINPROGRESS);
    assert.deepEqual(told, [`shortage: error ${error}`]);
    assert.equal(stage(), STAGE.WAITING);
    dialer.retry(CLIENT);
    dialer.answered(SERVER, C.EPOLLOUT);
    assert.equal(told.at(-1), "established");
    assert.deepEqual([table.counters(0).total, table.counters(0).failed], [1n, 0n]);
  }
});

Deno.test("a socket that has met itself counts as a refused connect and is reset", () => {
  const { dialer, table, told, calls } = dialledBeside(0, { ownPort: PORT });
  dialer.answered(SERVER, C.EPOLLOUT);
  assert.deepEqual([told, calls.reset], [["channel-failing", "turned-away", "rejected"], true]);
  assert.deepEqual([table.current(0), table.counters(0).failed], [0, 1n]);
});

Deno.test("a channel whose port is 0 has the port that its client came to", () => {
  const { dialer, told, calls } = dialledTo(0, 0, {});
  assert.deepEqual(calls.ports, [CLIENTS_PORT]);
  dialer.answered(SERVER, C.EPOLLOUT);
  assert.deepEqual(told, ["established"]);
});

Deno.test("a socket that has met itself on its client's port counts as refused as well", () => {
  const { dialer, told } = dialledTo(0, 0, { ownPort: CLIENTS_PORT });
  dialer.answered(SERVER, C.EPOLLOUT);
  assert.deepEqual(told, ["channel-failing", "turned-away", "rejected"]);
});

for (
  const [what, refusal] of Object.entries<Refusal>({
    "there is no descriptor": { socket: ERRNO.EMFILE },
    "the descriptor is beyond what the engine can keep": { descriptor: CAPACITY },
    "the socket cannot be watched": { watch: ERRNO.ENOMEM },
    "there is no memory": { connect: ERRNO.ENOBUFS },
  })
) {
  Deno.test(`when ${what}, no other channel is tried and nothing is counted`, () => {
    const { table, told, stage, calls } = dialledBeside(63, refusal);
    assert.deepEqual([calls.sockets, told.length, stage()], [1, 1, STAGE.WAITING]);
    assert.match(told[0], /^shortage/);
    const ids = Array.from({ length: 64 }, (_, id) => id);
    assert.deepEqual(new Set(ids.map((id) => table.counters(id).total)), new Set([0n]));
    table.lane(0).abandon((id) => assert.fail(`channel ${id} is still held`));
  });
}

Deno.test("a channel that gets a PROXY header is not served before there is what sends it", () => {
  const { dialer, table, told, stage } = dialled();
  table.setProxy(0, PROXY.V1);
  dialer.answered(SERVER, C.EPOLLOUT);
  assert.deepEqual([told, stage()], [["lacks preludes"], STAGE.CONNECTING]);
  const begin: Preludes["begin"] = (client, server, _, version) => {
    told.push(`header ${version} from ${client} to ${server}`);
    return false;
  };
  dialer.preludes = { begin } as Preludes;
  dialer.answered(SERVER, C.EPOLLOUT);
  assert.deepEqual(told, ["lacks preludes", "header 1 from 10 to 20", "established"]);
});
