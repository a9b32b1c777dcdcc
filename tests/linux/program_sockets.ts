import { C } from "../../src/engine/linux/kernel/abi.ts";
import { ADDRESS_SIZE, portOf } from "../../src/engine/linux/kernel/sockets.ts";
import { RawSocket } from "./raw_socket.ts";

// The same on every architecture (asm-generic/unistd.h).
const PIDFD_OPEN = 434, PIDFD_GETFD = 438;
const SO_ACCEPTCONN = 30, TCP_INFO = 11, F_GETPIPE_SZ = 1032;

const { symbols } = Deno.dlopen("", {
  syscall: { parameters: ["i64", "i32", "i32", "u32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
});

/** A running program's TCP sockets, in this process (pidfd_getfd(2)). Disposing of them leaves the program's alone. */
export class ProgramSockets implements Disposable {
  /** Those that listen. */
  readonly listening: RawSocket[] = [];
  /** Those that are connected. */
  readonly connected: RawSocket[] = [];

  /** @throws {Error} where the kernel does not hand them over */
  constructor(pid: number) {
    const process = new RawSocket(got(symbols.syscall(BigInt(PIDFD_OPEN), pid, 0, 0)));
    try {
      for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
        if (!leadsTo("socket:", `/proc/${pid}/fd/${name}`)) continue;
        const socket = new RawSocket(got(symbols.syscall(BigInt(PIDFD_GETFD), process.fd, Number(name), 0)));
        const address = new Uint8Array(ADDRESS_SIZE), inet = familyAt(socket) === C.AF_INET;
        if (inet && socket.option(C.SOL_SOCKET, SO_ACCEPTCONN) === 1) this.listening.push(socket);
        else if (inet && symbols.getpeername(socket.fd, address, Uint32Array.of(ADDRESS_SIZE)) === 0) {
          this.connected.push(socket);
        } else socket.close();
      }
    } finally {
      process.close();
    }
  }

  /** The program's end of a connection to this port. */
  towards(port: number): RawSocket {
    const found = this.connected.find((socket) => peerPort(socket) === port);
    if (found === undefined) throw new Error(`Cannot find socket: none is connected to port ${port}`);
    return found;
  }

  [Symbol.dispose](): void {
    for (const socket of [...this.listening, ...this.connected]) socket.close();
  }
}

/** One end of a pipe: how many bytes the pipe can hold, and how many it does. */
export interface PipeEnd {
  readonly size: number;
  readonly bytes: number;
}

/** A running program's pipes, each counted once for each of its ends. */
export function pipeEnds(pid: number): PipeEnd[] {
  const process = new RawSocket(got(symbols.syscall(BigInt(PIDFD_OPEN), pid, 0, 0))), ends: PipeEnd[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    if (!leadsTo("pipe:", `/proc/${pid}/fd/${name}`)) continue;
    const fd = symbols.syscall(BigInt(PIDFD_GETFD), process.fd, Number(name), 0);
    if (fd < 0) continue; // Closed meanwhile.
    const bytes = new Int32Array(1);
    got(symbols.ioctl(fd, C.FIONREAD, bytes));
    ends.push({ size: got(symbols.fcntl(fd, F_GETPIPE_SZ, 0)), bytes: bytes[0] });
    new RawSocket(fd).close();
  }
  process.close();
  return ends;
}

/** Whether this kernel hands sockets of another process over, and this user may have them. */
export function canSeeSockets(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    new ProgramSockets(Deno.pid)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

/** How many clients may wait to be accepted: `tcpi_sacked` of a listening socket's TCP_INFO (linux/tcp.h). */
export function queueLength(listening: RawSocket): number {
  const info = new Uint32Array(64);
  got(symbols.getsockopt(listening.fd, C.IPPROTO_TCP, TCP_INFO, info, Uint32Array.of(info.byteLength)));
  return info[7];
}

function leadsTo(kind: string, path: string): boolean {
  try {
    return Deno.readLinkSync(path).startsWith(kind);
  } catch {
    return false; // Closed meanwhile, as the one that lists the directory.
  }
}

function familyAt(socket: RawSocket): number {
  const SO_DOMAIN = 39;
  return socket.option(C.SOL_SOCKET, SO_DOMAIN);
}

function peerPort(socket: RawSocket): number {
  const address = new Uint8Array(ADDRESS_SIZE);
  got(symbols.getpeername(socket.fd, address, Uint32Array.of(ADDRESS_SIZE)));
  return portOf(address);
}

function got(result: number): number {
  if (result < 0) throw new Error("Cannot look at sockets: the system call failed");
  return result;
}
