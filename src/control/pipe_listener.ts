import type { Server, Socket } from "node:net";
import { escape } from "../log/escape.ts";
import { DirectoryError } from "./directory.ts";
import type { Connection, Listener } from "./listener.ts";

/** Listens on a named pipe of Windows, whose name the entry holds. See `Listen`. */
export async function listenPipe(path: string, serve: (connection: Connection) => Promise<void>): Promise<Listener> {
  // A name that nobody can predict, so nobody can have taken it.
  const name = `\\\\.\\pipe\\balance-${Deno.pid}-${crypto.randomUUID()}`;
  const { createServer } = await import("node:net");
  const server = createServer({ allowHalfOpen: true }, (socket) => void serve(new PipeConnection(socket)));
  server.listen({ path: name });
  await listening(server);
  server.on("error", () => {});
  Deno.writeTextFileSync(path, name + "\n");
  return {
    close: () => {
      try {
        if (Deno.readTextFileSync(path).trim() === name) Deno.removeSync(path);
      } catch {
        // Somebody has already removed it.
      }
      server.close();
    },
  };
}

class PipeConnection implements Connection {
  readonly #socket: Socket;
  /** Rejects when the connection is over: a read from a closed pipe would wait for ever. */
  readonly #closed: Promise<never>;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    this.#closed = new Promise((_, reject) => {
      socket.once("close", () => reject(new Error("Cannot use connection: it is closed")));
    });
    this.#closed.catch(() => {});
  }

  chunks(): AsyncIterable<Uint8Array> {
    // The socket must outlive the reader: a last line is still to be sent.
    return this.#socket.iterator({ destroyOnReturn: false });
  }

  write(text: string): Promise<void> {
    return this.#unlessClosed((settle) => this.#socket.write(text, settle));
  }

  finish(): Promise<void> {
    return this.#unlessClosed((settle) => this.#socket.end(() => settle()));
  }

  close(): void {
    this.#socket.destroy();
  }

  #unlessClosed(act: (settle: (error?: Error | null) => void) => void): Promise<void> {
    const done = new Promise<void>((resolve, reject) => act((error) => error ? reject(error) : resolve()));
    return Promise.race([done, this.#closed]);
  }
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error) => reject(new DirectoryError(`cannot open control socket: ${escape(error.message)}`)));
  });
}
