import { converse, part } from "./dialogue.ts";
import type { ControlPlane } from "./control_plane.ts";
import { EntryTaken, openDirectory } from "./directory.ts";
import { type EntryName, pathOf } from "./entries.ts";
import type { Connection, HeldEntry, Listen, Listener } from "./listener.ts";
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

/** How many processes with a file may have the same process id, each in its own container. */
const MOST_NAMESAKES = 100;

/** Where an instance can be controlled. */
export interface ControlServer {
  /** What its entry is called; a successor takes the same name. */
  readonly entry: EntryName;
  /** Makes the entry of a server that was started as a draft, in place of any that is there. @throws {DirectoryError} */
  publish(): void;
  /** Keeps the entry while a successor takes it. @throws {DirectoryError} when it cannot be kept */
  hold(): HeldEntry;
  /** Removes what another process of this instance has left beside the entry. */
  sweep(pid: number): void;
  /** Removes the entry, unless it is a successor's. Clients that have connected are still served. */
  withdraw(): void;
  /** Stops taking sessions and removes the socket. Sessions go on. */
  close(): void;
  /**
   * Ends each session as soon as the command that it runs has been answered, because commands would change what a
   * successor has taken over. Clients open another, with the successor.
   */
  retire(): void;
  /** Ends all sessions. */
  closeSessions(): void;
}

/**
 * Opens a control socket for its owner only. Its entry is named after the place where the instance listens or, if it
 * has a file of services, after its process id.
 *
 * @throws {DirectoryError} when the directory cannot be trusted or the socket cannot be made
 */
export async function startControlServer(
  plane: ControlPlane,
  options: EntryName & {
    readonly directory: string;
    /** Whether its entry is only made by `publish`, so that it can take that of a predecessor. Default: no. */
    readonly draft?: boolean;
    /**
     * Descriptor of a predecessor's socket, which is then used as it is: its entry belongs to another user. Only for a
     * draft.
     */
    readonly inherited?: number;
    /** Milliseconds after which a silent session is closed. Default 300,000. */
    readonly silence?: number;
  },
): Promise<ControlServer> {
  const sessions = new Sessions(plane, options.silence ?? SILENCE);
  const serve = (connection: Connection) => sessions.serve(connection);
  const { inherited } = options;
  const { entry, listener } = inherited === undefined
    ? await openEntry(options, serve)
    : { entry: nameOf(options), listener: await inheritedListener(inherited, serve) };
  return {
    entry,
    publish: () => listener.publish?.(),
    hold: () => listener.hold?.() ?? { restore: () => {}, release: () => {} },
    sweep: (pid) => listener.sweep?.(pid),
    withdraw: () => listener.withdraw?.(),
    close: () => listener.close(),
    retire: () => sessions.retire(),
    closeSessions: () => sessions.close(),
  };
}

/** Opens an entry. If another process with this id has it, in another container, the name gets a number. */
async function openEntry(
  options: EntryName & { readonly directory: string; readonly draft?: boolean },
  serve: (connection: Connection) => Promise<void>,
): Promise<{ entry: EntryName; listener: Listener }> {
  const { directory, draft } = options, name = nameOf(options);
  openDirectory(directory);
  // Loaded here, since only Windows needs pipes.
  const listen: Listen = Deno.build.os === "windows" ? (await import("./pipe_listener.ts")).listenPipe : listenUnix;
  const open = async (entry: EntryName) => ({
    entry,
    listener: await listen(pathOf(directory, entry), serve, { draft }),
  });
  if (!("config" in name)) return await open(name);
  for (let number = 1;; number++) {
    try {
      return await open({ config: number === 1 ? name.config : `${name.config}-${number}` });
    } catch (error) {
      if (!(error instanceof EntryTaken) || number === MOST_NAMESAKES) throw error;
    }
  }
}

async function inheritedListener(
  descriptor: number,
  serve: (connection: Connection) => Promise<void>,
): Promise<Listener> {
  // Loaded here, since few need it.
  const { listenInherited } = await import("./inherited_listener.ts");
  return listenInherited(descriptor, serve);
}

/** Only the name, of what may say more. */
function nameOf(entry: EntryName): EntryName {
  return "config" in entry ? { config: entry.config } : { address: entry.address, port: entry.port };
}

/** All sessions of an instance, and the bounds they share. */
class Sessions {
  readonly #plane: ControlPlane;
  readonly #silence: number;
  readonly #connections = new Set<Connection>();
  readonly #retired = new AbortController();
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

  retire(): void {
    this.#retired.abort();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  async #converse(connection: Connection): Promise<void> {
    this.#served++;
    try {
      await converse(connection, this.#plane, { silence: this.#silence, retired: this.#retired.signal });
    } finally {
      this.#served--;
    }
  }
}
