import { createServer, type Server } from "node:net";
import { DirectoryError } from "./directory.ts";
import type { Connection, Listener } from "./listener.ts";
import { NodeConnection } from "./node_connection.ts";

/** Milliseconds between two looks whether connections are accepted. */
const LOOK = 1_000;

/** F_SETFD with FD_CLOEXEC, F_DUPFD_CLOEXEC (fcntl(2)); POLLIN (poll(2)). */
const F_SETFD = 2, FD_CLOEXEC = 1, F_DUPFD_CLOEXEC = 1030, POLLIN = 1;

const SYMBOLS = {
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/**
 * Listens, from `publish` on, on a Unix socket that this process was given. Its entry belongs to another user and stays
 * as it is. For Linux.
 */
export function listenInherited(descriptor: number, serve: (connection: Connection) => Promise<void>): Listener {
  return new InheritedListener(descriptor, serve);
}

class InheritedListener implements Listener {
  readonly #libc = Deno.dlopen("", SYMBOLS);
  readonly #descriptor: number;
  readonly #serve: (connection: Connection) => Promise<void>;
  #server: Server | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #accepted = false;
  /** Whether somebody waited at the last look. */
  #waited = false;
  #closed = false;

  constructor(descriptor: number, serve: (connection: Connection) => Promise<void>) {
    this.#descriptor = descriptor;
    this.#serve = serve;
    this.#libc.symbols.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }

  publish(): void {
    this.#listen();
    if (!this.#server?.listening) {
      throw new DirectoryError("cannot take over control socket: this version of Deno cannot listen on a descriptor");
    }
    this.#timer = setInterval(() => this.#look(), LOOK);
    Deno.unrefTimer(this.#timer);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#server?.close();
    this.#libc.symbols.close(this.#descriptor);
    this.#libc.close();
  }

  /** A server of Deno's `node:net` accepts nothing any more once it was out of descriptors. Another one takes its place. */
  #look(): void {
    const stuck = !this.#accepted && this.#isWaitedFor(), again = stuck && this.#waited;
    this.#accepted = false;
    this.#waited = stuck && !again;
    if (again) this.#listen();
  }

  #listen(): void {
    // A copy, because a server closes what it was given.
    const copy = this.#libc.symbols.fcntl(this.#descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return;
    this.#server?.close();
    // `Deno.listen` takes no descriptor.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#accepted = true;
      void this.#serve(new NodeConnection(socket));
    });
    this.#server.on("error", () => {});
    this.#server.listen({ fd: copy });
  }

  /** Whether there are connections in the queue. */
  #isWaitedFor(): boolean {
    // A `struct pollfd`: descriptor, what is wanted, what there is.
    const wanted = new Uint8Array(8), view = new DataView(wanted.buffer);
    view.setInt32(0, this.#descriptor, true);
    view.setInt16(4, POLLIN, true);
    return this.#libc.symbols.poll(wanted, 1n, 0) === 1;
  }
}
