import { converse, part } from "./dialogue.ts";
import type { ControlPlane } from "./control_plane.ts";
import { entryPath, openDirectory } from "./directory.ts";
import type { Connection, HeldEntry, Listen } from "./listener.ts";
import { listenPipe } from "./pipe_listener.ts";
import { listenUnix } from "./unix_listener.ts";

/** Most sessions at a time; further ones are turned away. */
export const MOST_SESSIONS = 64;

/** Most connections at a time, including those being turned away; further ones are closed without a reply. */
export const MOST_CONNECTIONS = 2 * MOST_SESSIONS;

/**
 * Milliseconds without a command, or with a reply that is not read, after which a session is closed. The client program
 * then opens another.
 */
export const SILENCE = 300_000;

/** Where an instance can be controlled. */
export interface ControlServer {
  /** Makes the entry of a server that was started as a draft, in place of any that is there. @throws {DirectoryError} */
  publish(): void;
  /** Keeps the entry while a successor takes it. @throws {DirectoryError} when it cannot be kept */
  hold(): HeldEntry;
  /** Removes the entry, unless it is a successor's. Who has connected is still served. */
  withdraw(): void;
  /** Stops taking sessions and removes the socket. Sessions go on. */
  close(): void;
  /** Ends all sessions. */
  closeSessions(): void;
}

/**
 * Opens the control socket of the instance that listens on `address` and `port`, for its owner only.
 *
 * @throws {DirectoryError} when the directory cannot be trusted or the socket cannot be made
 */
export async function startControlServer(
  plane: ControlPlane,
  options: {
    readonly directory: string;
    readonly address: string;
    readonly port: number;
    /** Whether its entry is only made by `publish`, so that it can take that of a predecessor. Default: no. */
    readonly draft?: boolean;
    /** Milliseconds after which a silent session is closed. Default 300,000. */
    readonly silence?: number;
  },
): Promise<ControlServer> {
  openDirectory(options.directory);
  const listen: Listen = Deno.build.os === "windows" ? listenPipe : listenUnix;
  const sessions = new Sessions(plane, options.silence ?? SILENCE);
  const path = entryPath(options.directory, options.address, options.port);
  const listener = await listen(path, (connection) => sessions.serve(connection), { draft: options.draft });
  return {
    publish: () => listener.publish?.(),
    hold: () => listener.hold?.() ?? { restore: () => {}, release: () => {} },
    withdraw: () => listener.withdraw?.(),
    close: () => listener.close(),
    closeSessions: () => sessions.close(),
  };
}

/** All sessions of an instance, and the bounds they share. */
class Sessions {
  readonly #plane: ControlPlane;
  readonly #silence: number;
  readonly #connections = new Set<Connection>();
  #served = 0;

  constructor(plane: ControlPlane, silence: number) {
    this.#plane = plane;
    this.#silence = silence;
  }

  /** Serves a connection, or turns it away, and closes it in the end. Never rejects. */
  async serve(connection: Connection): Promise<void> {
    if (this.#connections.size === MOST_CONNECTIONS) return connection.close();
    this.#connections.add(connection);
    try {
      if (this.#served < MOST_SESSIONS) await this.#converse(connection);
      else await part(connection, `error 1 0\ntoo many sessions, at most ${MOST_SESSIONS}\n`);
    } catch {
      // It broke, or was closed.
    } finally {
      connection.close();
      this.#connections.delete(connection);
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  async #converse(connection: Connection): Promise<void> {
    this.#served++;
    try {
      await converse(connection, this.#plane, this.#silence);
    } finally {
      this.#served--;
    }
  }
}
