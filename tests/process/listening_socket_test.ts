/** Which descriptors count as listening sockets. */
import assert from "node:assert/strict";
import { examineListeningSocket } from "../../src/process/listening_socket.ts";
import { ipv6, linux, testWith } from "../support/requirements.ts";
import { ListeningSocket } from "./listening_socket.ts";

const AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, STREAM = 1 | 0x80000, DATAGRAM = 2 | 0x80000;

testWith([linux], "a listening socket is known by its address", () => {
  using socket = new ListeningSocket();
  assert.deepEqual(examineListeningSocket(socket.descriptor), { hostname: "127.0.0.1", port: socket.port });
});

testWith([linux, ipv6], "a listening socket on an IPv6 address is known by it", () => {
  using raw = new RawSockets();
  const fd = raw.open(AF_INET6, STREAM);
  raw.listen(fd);
  const { hostname, port } = examineListeningSocket(fd);
  assert.equal(hostname, "::");
  assert.ok(port > 0);
});

testWith([linux], "anything but a listening socket is refused, by its descriptor and with the reason", () => {
  using raw = new RawSockets();
  const refused = (fd: number, why: RegExp) =>
    assert.throws(() => examineListeningSocket(fd), new RegExp(`Cannot use descriptor ${fd}: ${why.source}`));
  refused(9999, /it is not an open socket$/);
  refused(raw.file, /it is not an open socket$/);
  refused(raw.open(AF_UNIX, STREAM), /it is a Unix socket, not one for TCP$/);
  refused(raw.open(AF_INET, DATAGRAM), /it is not a stream socket, so it does not speak TCP$/);
  refused(raw.open(AF_INET, STREAM), /it does not listen; /);
  refused(raw.open(16, 3 | 0x80000), /its address family is 16, neither IPv4 nor IPv6$/);
});

class RawSockets implements Disposable {
  readonly #libc = Deno.dlopen("", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    listen: { parameters: ["i32", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  readonly #open: number[] = [];

  /** The descriptor of something that is no socket. */
  get file(): number {
    const [memory] = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => Number(name)).filter((fd) => {
      try {
        return !Deno.readLinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
      } catch {
        return false;
      }
    });
    return memory;
  }

  open(family: number, type: number): number {
    const fd = this.#libc.symbols.socket(family, type, 0);
    this.#open.push(fd);
    return fd;
  }

  /** Listens on any address and a free port, which listen(2) binds. */
  listen(fd: number): void {
    assert.equal(this.#libc.symbols.listen(fd, 1), 0);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) this.#libc.symbols.close(fd);
    this.#libc.close();
  }
}
