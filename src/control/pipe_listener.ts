import type { Server } from "node:net";
import { escape } from "../log/escape.ts";
import { DirectoryError } from "./directory.ts";
import type { Connection, Listener } from "./listener.ts";
import { NodeConnection } from "./node_connection.ts";

/** Listens on a named pipe of Windows, whose name the entry holds. See `Listen`. */
export async function listenPipe(path: string, serve: (connection: Connection) => Promise<void>): Promise<Listener> {
  // A name that nobody can predict, so nobody can have taken it.
  const name = `\\\\.\\pipe\\balance-${Deno.pid}-${crypto.randomUUID()}`;
  const { createServer } = await import("node:net");
  const server = createServer({ allowHalfOpen: true }, (socket) => void serve(new NodeConnection(socket)));
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

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error) => reject(new DirectoryError(`cannot open control socket: ${escape(error.message)}`)));
  });
}
