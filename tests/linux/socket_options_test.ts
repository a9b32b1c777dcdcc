/** What the command line asks for is what the kernel has set on the running program's sockets. */
import assert from "node:assert/strict";
import { C } from "../../src/engine/linux/kernel/abi.ts";
import { echoBackend } from "../support/backends.ts";
import { assertEchoed } from "../support/echoed.ts";
import { Instance } from "../support/instance.ts";
import { condition, linux, testWith } from "../support/requirements.ts";
import { canSeeSockets, ProgramSockets, queueLength } from "./program_sockets.ts";
import type { RawSocket } from "./raw_socket.ts";

const needs = [linux, condition(canSeeSockets(), "needs pidfd_getfd(2)")];

/** The program's two sockets of one connection, and the one that listens. */
interface Sockets {
  readonly client: RawSocket;
  readonly channel: RawSocket;
  readonly listening: RawSocket;
}

function withSockets(options: readonly string[], look: (sockets: Sockets) => void): () => Promise<void> {
  return async () => {
    await using backend = echoBackend();
    await using instance = await Instance.start([`127.0.0.1:${backend.port}`], {
      options: ["--engine", "linux", ...options],
    });
    // Whatever the sizes and times are.
    await assertEchoed(instance.port, 300_001);
    using client = await instance.client();
    await client.send("x");
    await client.readExactly(1);
    using sockets = new ProgramSockets(instance.pid);
    const listening = sockets.listening.find(({ port }) => port === instance.port);
    assert.ok(listening);
    look({ client: sockets.towards(client.localPort), channel: sockets.towards(backend.port), listening });
  };
}

function keepAlive(socket: RawSocket): number[] {
  return [C.TCP_KEEPIDLE, C.TCP_KEEPINTVL, C.TCP_KEEPCNT].map((name) => socket.option(C.IPPROTO_TCP, name));
}

function buffers(socket: RawSocket): number[] {
  return [C.SO_SNDBUF, C.SO_RCVBUF].map((name) => socket.option(C.SOL_SOCKET, name));
}

function setting(name: string): number {
  return Number(Deno.readTextFileSync(`/proc/sys/net/${name}`).trim().split(/\s+/)[0]);
}

const systemKeepAlive = ["time", "intvl", "probes"].map((name) => () => setting(`ipv4/tcp_keepalive_${name}`));

testWith(
  needs,
  "both sides have TCP_NODELAY and SO_KEEPALIVE with the system's times, and no user timeout",
  withSockets([], ({ client, channel }) => {
    for (const socket of [client, channel]) {
      assert.equal(socket.option(C.IPPROTO_TCP, C.TCP_NODELAY), 1);
      assert.equal(socket.option(C.SOL_SOCKET, C.SO_KEEPALIVE), 1);
      assert.equal(socket.option(C.SOL_SOCKET, C.SO_OOBINLINE), 1);
      assert.equal(socket.option(C.IPPROTO_TCP, C.TCP_USER_TIMEOUT), 0);
      assert.deepEqual(keepAlive(socket), systemKeepAlive.map((value) => value()));
    }
  }),
);

testWith(
  needs,
  "-k is for clients and -K for channels",
  withSockets(["-k", "11,7,3", "-K", "13,5,2"], ({ client, channel }) => {
    assert.deepEqual([keepAlive(client), keepAlive(channel)], [[11, 7, 3], [13, 5, 2]]);
  }),
);

testWith(
  needs,
  "--client-keepalive leaves channels alone, and what it leaves out as the system has it",
  withSockets(["--client-keepalive", "17"], ({ client, channel }) => {
    const system = systemKeepAlive.map((value) => value());
    assert.deepEqual([keepAlive(client), keepAlive(channel)], [[17, ...system.slice(1)], system]);
  }),
);

testWith(
  needs,
  "--channel-keepalive leaves clients alone",
  withSockets(["--channel-keepalive", "19,4"], ({ client, channel }) => {
    const system = systemKeepAlive.map((value) => value());
    assert.deepEqual([keepAlive(client), keepAlive(channel)], [system, [19, 4, system[2]]]);
  }),
);

testWith(
  needs,
  "--tcp-user-timeout is set on both sides, in milliseconds",
  withSockets(["--tcp-user-timeout", "9"], ({ client, channel }) => {
    for (const socket of [client, channel]) assert.equal(socket.option(C.IPPROTO_TCP, C.TCP_USER_TIMEOUT), 9000);
  }),
);

testWith(
  needs,
  "buffer sizes are set on both sides; the kernel doubles them (socket(7))",
  withSockets(["--send-buffer", "50000", "--receive-buffer", "60000"], ({ client, channel }) => {
    for (const socket of [client, channel]) assert.deepEqual(buffers(socket), [100_000, 120_000]);
  }),
);

testWith(
  needs,
  "buffer sizes beyond what the kernel allows become its largest, and bytes pass all the same",
  withSockets(["--send-buffer", "1073741823", "--receive-buffer", "1073741823"], ({ client, channel }) => {
    const largest = [setting("core/wmem_max") * 2, setting("core/rmem_max") * 2];
    for (const socket of [client, channel]) assert.deepEqual(buffers(socket), largest);
  }),
);

testWith(
  needs,
  "buffer sizes below what the kernel allows become its smallest, and bytes pass all the same",
  withSockets(["--send-buffer", "1", "--receive-buffer", "1"], ({ client, channel }) => {
    for (const socket of [client, channel]) {
      for (const size of buffers(socket)) assert.ok(size > 1024 && size < 16_384, `${size} bytes`);
    }
  }),
);

testWith(
  needs,
  "--backlog is the length of the kernel's queue",
  withSockets(["--backlog", "77"], ({ listening }) => assert.equal(queueLength(listening), 77)),
);

testWith(
  needs,
  "a backlog beyond what the system allows becomes its largest",
  withSockets(
    ["--backlog", "1000000"],
    ({ listening }) => assert.equal(queueLength(listening), Math.min(1_000_000, setting("core/somaxconn"))),
  ),
);
