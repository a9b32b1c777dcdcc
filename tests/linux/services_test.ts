/** Many services of the linux engine: what only an engine with threads and descriptors can get wrong. */
import assert from "node:assert/strict";
import { startLinux } from "../../src/engine/linux/linux.ts";
import { C } from "../../src/engine/linux/kernel/abi.ts";
import { openLibc } from "../../src/engine/linux/kernel/libc.ts";
import type { GeneralEvent } from "../../src/engine/engine.ts";
import { openDescriptors } from "../../src/process/descriptors.ts";
import { type ServiceTrial, SharedTrial } from "../contract/shared_trial.ts";
import { ListeningSocket } from "../process/listening_socket.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { STANDARD } from "../support/one_service.ts";
import { linux, testWith } from "../support/requirements.ts";
import { breakPoller, watchers } from "./pollers.ts";
import { queueLength } from "./program_sockets.ts";
import { RawSocket } from "./raw_socket.ts";

/** A client of this service on every socket of it. */
async function askAll(service: ServiceTrial, answer: string): Promise<void> {
  for (const socket of service.ports.keys()) assert.equal(await service.ask(socket), answer);
}

testWith(
  [linux],
  "a thread that dies gives back what it held of every service, and comes back with all of them",
  async () => {
    await using backend = echoBackend();
    await using trial = await SharedTrial.start(startLinux, 2);
    const services = await Promise.all([1, 2, 3].map((sockets) => trial.serve({ channels: [backend], sockets })));
    const clients = await Promise.all(
      services.flatMap((service) => Array.from({ length: 20 }, () => service.connect())),
    );
    await eventually("all are connected", () => services.every(({ table }) => table.current(0) === 20));
    const [broken] = watchers(services[2].ports[2]);
    breakPoller(broken);
    // Wakes every thread.
    trial.engine.pauseAccepting();
    trial.engine.resumeAccepting();
    await eventually("it is reported", () => trial.events.some(({ type }) => type === "thread-crashed"));
    const crash = trial.events.find((event) => event.type === "thread-crashed")!;
    assert.ok(crash.connections > 0 && crash.connections < 60, `${crash.connections}`);
    assert.equal(trial.engine.connections, 60 - crash.connections);
    assert.equal(services.reduce((sum, { served }) => sum + served.connections, 0), trial.engine.connections);
    for (const { served, table } of services) assert.equal(table.current(0), served.connections);
    const ports = services.flatMap(({ ports }) => ports);
    await eventually("both threads watch every socket", () => ports.every((port) => watchers(port).length === 2));
    for (const port of ports) {
      using client = await Client.connect(port);
      await client.send(Uint8Array.of(7));
      assert.equal((await client.readExactly(1))[0], 7);
    }
    for (const client of clients) client[Symbol.dispose]();
  },
);

testWith(
  [linux],
  "a service that comes, changes or goes while the only thread is dead is so when the thread is back",
  async () => {
    await using one = namedBackend("one");
    await using other = namedBackend("other");
    const later: Promise<unknown>[] = [];
    let added!: ServiceTrial;
    const emit = (event: GeneralEvent) => {
      if (event.type !== "thread-crashed") return;
      removed.served.stopAccepting();
      later.push(
        trial.serve({ channels: [other] }).then((service) => added = service),
        kept.served.addListener(socket),
      );
      later.push(kept.change({ idleTimeout: 0.2 }), removed.served.ended);
    };
    await using trial: SharedTrial = await SharedTrial.start(startLinux, 1, { emit });
    const kept: ServiceTrial = await trial.serve({ channels: [one] });
    const removed: ServiceTrial = await trial.serve({ channels: [one] });
    const socket = trial.listen();
    breakPoller(watchers(kept.ports[0])[0]);
    trial.engine.resumeAccepting();
    await eventually("it has died", () => later.length > 0);
    await Promise.all(later);
    await askAll(kept, "one");
    await askAll(added, "other");
    assert.equal(kept.ports.length, 2);
    await assert.rejects(Client.connect(removed.ports[0]));
  },
);

testWith(
  [linux],
  "sockets that come and go leave no descriptor behind, and none of their numbers is taken too early",
  async () => {
    await using backend = namedBackend("here");
    await using trial = await SharedTrial.start(startLinux, 3);
    const service = await trial.serve({ channels: [backend] });
    await askAll(service, "here");
    await service.idle();
    const before = openDescriptors()!;
    for (let round = 0; round < 100; round++) {
      const listeners = Array.from({ length: 10 }, () => trial.listen());
      await Promise.all(listeners.map((listener) => service.served.addListener(listener)));
      if (round % 20 === 0) await askAll(service, "here");
      for (const listener of listeners) service.served.removeListener(listener);
    }
    // Acknowledged after everything before it.
    await service.change({});
    await service.idle();
    await eventually("all are closed", () => openDescriptors()! <= before);
    await askAll(service, "here");
  },
);

testWith([linux], "no order is lost, however many come at once and however busy the threads are", async () => {
  await using backend = echoBackend();
  await using named = namedBackend("late");
  await using trial = await SharedTrial.start(startLinux, 3);
  const busy = await trial.serve({ channels: [backend] });
  using client = await busy.connect();
  const bytes = new Uint8Array(1 << 20),
    streaming = Promise.all([client.send(bytes), client.readExactly(bytes.length)]);
  const changes = Array.from({ length: 3000 }, (_, i) => busy.change({ idleTimeout: 1000 + i }));
  const services = await Promise.all(Array.from({ length: 50 }, () => trial.serve({ channels: [named] })));
  await Promise.all([...changes, streaming]);
  for (const service of services) await askAll(service, "late");
  for (const { served } of services) served.stopAccepting();
  await Promise.all(services.map(({ served }) => served.ended));
});

testWith(
  [linux],
  "a socket that was inherited is served; once removed it stays with others who have it, and nobody else takes its clients",
  async () => {
    const libc = openLibc();
    await using backend = namedBackend("adopted");
    await using trial = await SharedTrial.start(startLinux, 2);
    const service = await trial.serve({ channels: [backend], sockets: 0 });
    using socket = new ListeningSocket();
    // As a service manager keeps it. The engine closes the other.
    const own = libc.call.fcntl(socket.descriptor, 0, 0);
    const listener = trial.engine.adopt!(own, { ...STANDARD, receiveBuffer: 30_000 });
    assert.deepEqual(listener.address, { hostname: "127.0.0.1", port: socket.port });
    assert.equal(new RawSocket(own).option(C.SOL_SOCKET, C.SO_RCVBUF), 60_000);
    await service.served.addListener(listener);
    await askAll(service, "adopted");
    await service.idle();
    service.served.removeListener(listener);
    await eventually("no thread watches it", () => watchers(socket.port).length === 0);
    await service.change({});
    using client = await Client.connect(socket.port);
    const accepted = new RawSocket(socket.descriptor).accept();
    assert.equal(service.served.connections, 0);
    accepted.close();
    await client.readToEnd();
    libc.close();
  },
);

testWith([linux], "a socket that is handed over gets the other service's options, and loses its own", async () => {
  await using backend = namedBackend("here");
  await using trial = await SharedTrial.start(startLinux, 2);
  const own = { receiveBuffer: 30_000, clientKeepAlive: { idle: 11, interval: 7, probes: 3 } };
  const one = await trial.serve({ channels: [backend], sockets: 0, ...own });
  const other = await trial.serve({ channels: [backend], sockets: 0, userTimeout: 5, backlog: 77 });
  const listener = trial.listen(), socket = new RawSocket(listener.descriptor!);
  const system = [C.TCP_KEEPIDLE, C.TCP_USER_TIMEOUT].map((name) => socket.option(C.IPPROTO_TCP, name));
  const seen = () => [
    ...[C.TCP_KEEPIDLE, C.TCP_USER_TIMEOUT].map((name) => socket.option(C.IPPROTO_TCP, name)),
    socket.option(C.SOL_SOCKET, C.SO_RCVBUF) === 60_000,
  ];
  const first = await trial.serve({ channels: [backend], sockets: 0 });
  await first.served.addListener(listener);
  await first.served.handOver(listener, one.served);
  assert.deepEqual(seen(), [11, system[1], true]);
  await one.served.handOver(listener, other.served);
  assert.deepEqual(seen(), [system[0], 5000, false]);
  assert.equal(queueLength(socket), 77);
  await askAll(other, "here");
});

testWith([linux], "a socket that is handed over while the only thread is dead is the other's afterwards", async () => {
  await using one = namedBackend("one");
  await using two = namedBackend("two");
  let handedOver: Promise<void> | undefined;
  const emit = (event: GeneralEvent) => {
    if (event.type === "thread-crashed") handedOver = from.served.handOver(from.served.listeners[0], to.served);
  };
  await using trial: SharedTrial = await SharedTrial.start(startLinux, 1, { emit });
  const from: ServiceTrial = await trial.serve({ channels: [one] });
  const to: ServiceTrial = await trial.serve({ channels: [two], sockets: 0 });
  breakPoller(watchers(from.ports[0])[0]);
  trial.engine.resumeAccepting();
  await eventually("it has died", () => handedOver !== undefined);
  await handedOver;
  assert.deepEqual([from.ports.length, to.ports.length], [0, 1]);
  await askAll(to, "two");
});

testWith([linux], "what is no TCP socket that listens is not taken over, and stays as it is", async () => {
  const libc = openLibc(), AF_UNIX = 1;
  await using trial = await SharedTrial.start(startLinux, 1);
  const settings = STANDARD;
  const unix = libc.call.socket(AF_UNIX, C.SOCK_STREAM, 0), idle = libc.call.socket(C.AF_INET, C.SOCK_STREAM, 0);
  for (const [fd, code] of [[9999, "EBADF"], [0, "ENOTSOCK"], [unix, "EPROTONOSUPPORT"], [idle, "EINVAL"]] as const) {
    assert.throws(() => trial.engine.adopt!(fd, settings), { code });
  }
  assert.equal(libc.call.fcntl(idle, C.F_GETFL, 0) & C.O_NONBLOCK, 0);
  for (const fd of [unix, idle]) libc.call.close(fd);
  libc.close();
});

testWith(
  [linux],
  "options that clients inherit from the listening socket change with the service, and go back",
  async () => {
    await using backend = namedBackend("here");
    await using trial = await SharedTrial.start(startLinux, 1);
    const service = await trial.serve({ channels: [backend], backlog: 50 });
    const listening = new RawSocket(service.served.listeners[0].descriptor!);
    const values = () => ({
      idle: listening.option(C.IPPROTO_TCP, C.TCP_KEEPIDLE),
      interval: listening.option(C.IPPROTO_TCP, C.TCP_KEEPINTVL),
      probes: listening.option(C.IPPROTO_TCP, C.TCP_KEEPCNT),
      timeout: listening.option(C.IPPROTO_TCP, C.TCP_USER_TIMEOUT),
      send: listening.option(C.SOL_SOCKET, C.SO_SNDBUF),
      receive: listening.option(C.SOL_SOCKET, C.SO_RCVBUF),
      locks: listening.option(C.SOL_SOCKET, C.SO_BUF_LOCK),
    });
    const before = values();
    await service.change({
      clientKeepAlive: { idle: 10, interval: 5, probes: 3 },
      userTimeout: 7,
      sendBuffer: 20_000,
      receiveBuffer: 30_000,
    });
    assert.deepEqual(values(), {
      ...{ idle: 10, interval: 5, probes: 3, timeout: 7000, send: 40_000, receive: 60_000 },
      locks: C.SOCK_SNDBUF_LOCK | C.SOCK_RCVBUF_LOCK,
    });
    await askAll(service, "here");
    await service.change({});
    assert.deepEqual(values(), before);
    await askAll(service, "here");
  },
);
