/** Listening sockets that somebody else has opened, and what they become when services get them. */
import assert from "node:assert/strict";
import { C } from "../../src/engine/linux/kernel/abi.ts";
import { openLibc } from "../../src/engine/linux/kernel/libc.ts";
import { startLinux } from "../../src/engine/linux/linux.ts";
import { LinuxListener } from "../../src/engine/linux/main/listener.ts";
import { serviceOptions } from "../../src/options/values.ts";
import { SharedTrial } from "../contract/shared_trial.ts";
import { ListeningSocket } from "../process/listening_socket.ts";
import { namedBackend } from "../support/backends.ts";
import { linux, testWith } from "../support/requirements.ts";
import { queueLength } from "./program_sockets.ts";
import { RawSocket } from "./raw_socket.ts";

/** A keep-alive time that the kernel refuses, behind one that it takes (tcp(7)). */
const REFUSED = { clientKeepAlive: { idle: 11, interval: 40_000 }, receiveBuffer: 40_000, backlog: 99 };

const settings = { ...serviceOptions({ receiveBuffer: 30_000 }), backlog: 7, trace: false };

testWith([linux], "a socket that was opened by somebody else gets everything that one of the engine's own has", () => {
  const libc = openLibc();
  using socket = new ListeningSocket();
  const { descriptor: fd, port } = socket;
  const listener = LinuxListener.adopt(libc, fd, settings);
  assert.deepEqual([listener.descriptor, listener.address], [fd, { port, hostname: "127.0.0.1" }]);
  const option = (level: number, name: number) => {
    const value = new Int32Array(1);
    libc.call.getsockopt(fd, level, name, value, Uint32Array.of(4));
    return value[0];
  };
  assert.notEqual(libc.call.fcntl(fd, C.F_GETFL, 0) & C.O_NONBLOCK, 0, "it would block a thread");
  assert.equal(option(C.SOL_SOCKET, C.SO_OOBINLINE), 1);
  assert.equal(option(C.IPPROTO_TCP, C.TCP_NODELAY), 1);
  // The kernel doubles it (socket(7)).
  assert.equal(option(C.SOL_SOCKET, C.SO_RCVBUF), 60_000);
  libc.close();
});

testWith([linux], "anything but a listening socket is refused with its error", () => {
  const libc = openLibc();
  const idle = libc.call.socket(C.AF_INET, C.SOCK_STREAM, 0);
  const refused = (fd: number, code: string) => assert.throws(() => LinuxListener.adopt(libc, fd, settings), { code });
  refused(9999, "EBADF");
  refused(0, "ENOTSOCK");
  refused(idle, "EINVAL");
  libc.call.close(idle);
  libc.close();
});

testWith([linux], "whatever somebody else has set on a socket, it gets a service's options and no others", () => {
  const libc = openLibc();
  using socket = new ListeningSocket();
  const raw = new RawSocket(socket.descriptor), fresh = freshState();
  setEverything(raw);
  assert.deepEqual(stateOf(raw), { ...SET, backlog: 128 });
  LinuxListener.adopt(libc, raw.fd, settings);
  assert.deepEqual(stateOf(raw), { ...fresh, receive: 60_000, locks: C.SOCK_RCVBUF_LOCK, ...ALWAYS });
  libc.close();
});

testWith([linux], "a socket that is not taken over because the kernel refuses an option stays as it is", () => {
  const libc = openLibc();
  using socket = new ListeningSocket();
  const raw = new RawSocket(socket.descriptor);
  setEverything(raw);
  const before = stateOf(raw), flags = libc.call.fcntl(raw.fd, C.F_GETFL, 0);
  assert.throws(() => LinuxListener.adopt(libc, raw.fd, { ...settings, ...REFUSED }), { code: "EINVAL" });
  assert.deepEqual([stateOf(raw), libc.call.fcntl(raw.fd, C.F_GETFL, 0)], [before, flags]);
  libc.close();
});

testWith(
  [linux],
  "a socket that somebody else has opened moves to another service with that one's options",
  async () => {
    const libc = openLibc();
    await using a = namedBackend("a");
    await using b = namedBackend("b");
    await using trial = await SharedTrial.start(startLinux, 2);
    using socket = new ListeningSocket();
    const raw = new RawSocket(libc.call.fcntl(socket.descriptor, 0, 0)), fresh = freshState();
    setEverything(raw);
    const own = { userTimeout: 5, backlog: 33 };
    const first = await trial.serve({ channels: [a], sockets: 0, ...own });
    const second = await trial.serve({ channels: [b], sockets: 0, sendBuffer: 30_000, backlog: 77 });
    const refused = await trial.serve({ channels: [b], sockets: 0, ...REFUSED });
    const listener = trial.engine.adopt!(raw.fd, { ...settings, receiveBuffer: undefined, ...own });
    await first.served.addListener(listener);
    const taken = { ...fresh, timeout: 5000, backlog: 33, ...ALWAYS };
    assert.deepEqual([stateOf(raw), await first.ask()], [taken, "a"]);
    assert.throws(() => first.served.handOver(listener, refused.served), { code: "EINVAL" });
    assert.deepEqual([stateOf(raw), await first.ask(), refused.ports], [taken, "a", []]);
    await assert.rejects(first.change(REFUSED), { code: "EINVAL" });
    assert.deepEqual(stateOf(raw), taken);
    await first.served.handOver(listener, second.served);
    const moved = { ...fresh, send: 60_000, locks: C.SOCK_SNDBUF_LOCK, backlog: 77, ...ALWAYS };
    assert.deepEqual([stateOf(raw), await second.ask()], [moved, "b"]);
    libc.close();
  },
);

/** What every socket of the engine has. */
const ALWAYS = { keepAlive: 1, noDelay: 1, urgentInline: 1 };

/** What a stranger may have set. */
const SET = {
  ...{ idle: 99, interval: 98, probes: 9, timeout: 7000, send: 40_000, receive: 50_000 },
  ...{ keepAlive: 1, noDelay: 0, urgentInline: 0, locks: C.SOCK_SNDBUF_LOCK | C.SOCK_RCVBUF_LOCK },
};

function setEverything(socket: RawSocket): void {
  socket.setOption(C.IPPROTO_TCP, C.TCP_KEEPIDLE, SET.idle);
  socket.setOption(C.IPPROTO_TCP, C.TCP_KEEPINTVL, SET.interval);
  socket.setOption(C.IPPROTO_TCP, C.TCP_KEEPCNT, SET.probes);
  socket.setOption(C.IPPROTO_TCP, C.TCP_USER_TIMEOUT, SET.timeout);
  socket.setOption(C.SOL_SOCKET, C.SO_KEEPALIVE, SET.keepAlive);
  // The kernel doubles them (socket(7)).
  socket.setOption(C.SOL_SOCKET, C.SO_SNDBUF, SET.send / 2);
  socket.setOption(C.SOL_SOCKET, C.SO_RCVBUF, SET.receive / 2);
}

/** A new socket with a queue of seven. */
function freshState(): ReturnType<typeof stateOf> {
  using socket = RawSocket.listen(7);
  return stateOf(socket);
}

/** Everything about a listening socket that a service decides. */
function stateOf(socket: RawSocket): Record<keyof typeof SET | "backlog", number> {
  return {
    idle: socket.option(C.IPPROTO_TCP, C.TCP_KEEPIDLE),
    interval: socket.option(C.IPPROTO_TCP, C.TCP_KEEPINTVL),
    probes: socket.option(C.IPPROTO_TCP, C.TCP_KEEPCNT),
    timeout: socket.option(C.IPPROTO_TCP, C.TCP_USER_TIMEOUT),
    send: socket.option(C.SOL_SOCKET, C.SO_SNDBUF),
    receive: socket.option(C.SOL_SOCKET, C.SO_RCVBUF),
    keepAlive: socket.option(C.SOL_SOCKET, C.SO_KEEPALIVE),
    noDelay: socket.option(C.IPPROTO_TCP, C.TCP_NODELAY),
    urgentInline: socket.option(C.SOL_SOCKET, C.SO_OOBINLINE),
    locks: socket.option(C.SOL_SOCKET, C.SO_BUF_LOCK),
    backlog: queueLength(socket),
  };
}
