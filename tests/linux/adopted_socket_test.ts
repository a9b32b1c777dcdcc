/** Listening sockets that somebody else has opened. */
import assert from "node:assert/strict";
import { C } from "../../src/engine/linux/abi.ts";
import { openLibc } from "../../src/engine/linux/libc.ts";
import { LinuxListener } from "../../src/engine/linux/listener.ts";
import { serviceOptions } from "../../src/options/values.ts";
import { ListeningSocket } from "../process/listening_socket.ts";
import { linux, testWith } from "../support/requirements.ts";

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
