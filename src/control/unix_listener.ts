import { escape, quote } from "../log/escape.ts";
import { checkEntry, DirectoryError, EntryTaken, reasonOf } from "./directory.ts";
import type { Connection, HeldEntry, Listener, ListenOptions } from "./listener.ts";
import { ReserveDescriptor } from "./reserve_descriptor.ts";

/** Milliseconds until the next accept after one that failed, at first and at most. */
const SHORTEST_PAUSE = 50, LONGEST_PAUSE = 800;

/** Bytes that are read at a time. */
const CHUNK = 4096;

/** Listens on a Unix socket that only its owner can open. See `Listen`. */
export async function listenUnix(
  path: string,
  serve: (connection: Connection) => Promise<void>,
  { draft = false }: ListenOptions = {},
): Promise<Listener> {
  const bound = draft ? besides(path, "new") : path;
  await reclaim(bound);
  const listener = bind(bound);
  try {
    // Whoever can rename the directory may have put another in its place since it was checked.
    return new UnixListener(listener, { path, bound }, checkEntry(bound), serve);
  } catch (error) {
    listener.close();
    throw error;
  }
}

/** A name beside an entry, for one process alone. It is not an entry itself. */
function besides(path: string, ending: "new" | "old", pid = Deno.pid): string {
  return `${path.slice(0, path.lastIndexOf("/") + 1)}${pid}.${ending}`;
}

class UnixListener implements Listener {
  readonly #listener: Deno.UnixListener;
  readonly #path: string;
  /** The name it was bound to, which closing removes. */
  readonly #bound: string;
  readonly #own: Deno.FileInfo;
  readonly #serve: (connection: Connection) => Promise<void>;
  readonly #reserve = new ReserveDescriptor();
  #closed = false;
  #wake = () => {};

  constructor(
    listener: Deno.UnixListener,
    { path, bound }: { readonly path: string; readonly bound: string },
    own: Deno.FileInfo,
    serve: (connection: Connection) => Promise<void>,
  ) {
    this.#listener = listener;
    this.#path = path;
    this.#bound = bound;
    this.#own = own;
    this.#serve = serve;
    this.#accept();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Closing removes whatever is at the name it was bound to. If that is no longer this socket, the socket is left
    // open: the program ends soon.
    if (this.#bound !== this.#path) this.withdraw();
    if (this.#bound !== this.#path || !this.#isReplaced) this.#listener.close();
    this.#reserve[Symbol.dispose]();
    this.#wake();
  }

  publish(): void {
    try {
      Deno.renameSync(this.#bound, this.#path);
    } catch (error) {
      throw new DirectoryError(`cannot open control socket: ${quote(this.#path)}: ${reasonOf(error)}`);
    }
  }

  withdraw(): void {
    try {
      if (this.#isOwn(this.#path)) Deno.removeSync(this.#path);
    } catch {
      // The program has become a user who may not remove it.
    }
  }

  hold(): HeldEntry {
    const path = this.#path, copy = besides(path, "old");
    try {
      removeQuietly(copy);
      // A second name for the same socket: whoever takes the first one does not take this.
      Deno.linkSync(path, copy);
    } catch (error) {
      throw new DirectoryError(`cannot keep control socket ${quote(path)}: ${reasonOf(error)}`);
    }
    return {
      restore: () => {
        // Renaming one name of a file to another of the same file does nothing.
        if (this.#isOwn(path)) removeQuietly(copy);
        else Deno.renameSync(copy, path);
      },
      release: () => removeQuietly(copy),
    };
  }

  sweep(pid: number): void {
    for (const ending of ["new", "old"] as const) removeQuietly(besides(this.#path, ending, pid));
  }

  #isOwn(path: string): boolean {
    try {
      const { dev, ino } = Deno.lstatSync(path);
      return dev === this.#own.dev && ino === this.#own.ino;
    } catch {
      return false;
    }
  }

  /** Whether something else has taken the place of the socket. */
  get #isReplaced(): boolean {
    try {
      const { dev, ino } = Deno.lstatSync(this.#path);
      return dev !== this.#own.dev || ino !== this.#own.ino;
    } catch {
      // Already removed, or the program has become a user who may not see it.
      return false;
    }
  }

  /** Accepts until it is closed; a lack of descriptors or memory is waited out, as the engines do. */
  async #accept(): Promise<void> {
    let pause = SHORTEST_PAUSE;
    while (!this.#closed) {
      try {
        this.#begin(await this.#listener.accept());
        pause = SHORTEST_PAUSE;
      } catch (error) {
        if (this.#closed) return;
        // Accepted in the same turn, so that no other part of the main thread takes the descriptor.
        if (isDescriptorShortage(error) && this.#reserve.release()) continue;
        await this.#wait(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  }

  #begin(connection: Deno.UnixConn): void {
    if (this.#closed) return connection.close();
    this.#serve(new UnixConnection(connection)).then(() => {
      if (!this.#closed) this.#reserve.restore();
    });
  }

  async #wait(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout>;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer!);
  }
}

class UnixConnection implements Connection {
  readonly #connection: Deno.UnixConn;
  #closed = false;

  constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(CHUNK);
    for (let length; (length = await this.#connection.read(buffer)) !== null;) yield buffer.subarray(0, length);
  }

  async write(text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let offset = 0; offset < bytes.length;) offset += await this.#connection.write(bytes.subarray(offset));
  }

  finish(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }
}

function bind(path: string): Deno.UnixListener {
  // The mode is there from the first moment: bind(2) happens inside `listen`.
  const umask = Deno.umask(0o177);
  try {
    return Deno.listen({ transport: "unix", path });
  } catch (error) {
    throw new DirectoryError(`cannot open control socket: ${quote(path)}: ${reasonOf(error)}`);
  } finally {
    Deno.umask(umask);
  }
}

/** Removes the socket of an instance that died. @throws {DirectoryError} when it may be alive, or is not a socket */
async function reclaim(path: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch {
    return;
  }
  if (!info.isSocket) throw new DirectoryError(`cannot open control socket: ${quote(path)} is something else`);
  await assertDead(path);
  try {
    Deno.removeSync(path);
  } catch {
    // Gone meanwhile; and if it cannot be removed, bind(2) will say so.
  }
}

/** Only a socket that refuses is dead: one whose queue is full, for instance, belongs to an instance that is busy. */
async function assertDead(path: string): Promise<void> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "ECONNREFUSED" || code === "ENOENT") return;
    throw new EntryTaken(`cannot open control socket: ${quote(path)} may be in use: ${escape(message)}`);
  }
  throw new EntryTaken(`cannot open control socket: an instance answers on ${quote(path)}`);
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // There is none, or the program has become a user who may not remove it.
  }
}

function isDescriptorShortage(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "EMFILE" || code === "ENFILE";
}
