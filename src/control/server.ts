import { connect, createServer, type Server, type Socket } from "node:net";
import { execute, type Session } from "./commands.ts";
import { escape, quote } from "../log/escape.ts";
import type { ControlPlane } from "./control_plane.ts";
import { checkEntry, DirectoryError, entryPath, openDirectory } from "./directory.ts";
import { lines, LineTooLong } from "./lines.ts";
import { formatGreeting, formatHead, LONGEST_LINE } from "./protocol.ts";

/** Sessions at a time; one more is turned away. */
const MOST_SESSIONS = 64;

/** Connections at a time, those included that are just being turned away; one more is closed without a word. */
const MOST_CONNECTIONS = 2 * MOST_SESSIONS;

/**
 * Milliseconds without a command, or with a reply that is not read, after which a session is closed. The client program
 * opens another by itself.
 */
const SILENCE = 300_000;

/** Milliseconds that a session which is over may take to go away. */
const PARTING = 1_000;

/** Where an instance can be controlled. */
export interface ControlServer {
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
    /** Milliseconds after which a silent session is closed. Default 300,000. */
    readonly silence?: number;
  },
): Promise<ControlServer> {
  openDirectory(options.directory);
  const path = entryPath(options.directory, options.address, options.port);
  const sockets = new Set<Socket>(), silence = options.silence ?? SILENCE;
  let sessions = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    if (sockets.size === MOST_CONNECTIONS) return socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    if (sessions === MOST_SESSIONS) return part(socket, `error 1 0\ntoo many sessions, at most ${MOST_SESSIONS}\n`);
    sessions++;
    socket.on("close", () => sessions--);
    serve(socket, plane, silence).catch(() => socket.destroy());
  });
  const remove = await (Deno.build.os === "windows" ? listenPipe(server, path) : listenSocket(server, path));
  server.on("error", () => {});
  return {
    close: () => {
      remove();
      server.close();
    },
    closeSessions: () => sockets.forEach((socket) => socket.destroy()),
  };
}

/** One dialogue, command after command. */
async function serve(socket: Socket, plane: ControlPlane, silence: number): Promise<void> {
  const session: Session = { group: 0 };
  // A deadline of the monotonic clock, renewed by every command.
  let deadline = setTimeout(() => socket.destroy(), silence);
  try {
    socket.write(formatGreeting({ pid: Deno.pid, version: plane.version }) + "\n");
    // The socket must outlive the loop: there is a last word to say.
    for await (const line of lines(socket.iterator({ destroyOnReturn: false }), LONGEST_LINE)) {
      clearTimeout(deadline);
      const reply = await execute(line, session, plane);
      const outcome = reply.end ? "bye" : reply.ok ? "ok" : "error";
      // Before the reply is written: whoever does not read it is silent, too.
      deadline = setTimeout(() => socket.destroy(), silence);
      const head = formatHead({ outcome, lines: reply.lines.length, group: session.group });
      await write(socket, [head, ...reply.lines].join("\n") + "\n");
      if (reply.end) break;
    }
    part(socket);
  } catch (error) {
    if (!(error instanceof LineTooLong)) throw error;
    part(socket, `error 1 ${session.group}\nline too long, at most ${LONGEST_LINE} bytes\n`);
  } finally {
    clearTimeout(deadline);
  }
}

function write(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => socket.write(text, (error) => error ? reject(error) : resolve()));
}

/** Ends a session: says a last word, and reads what still comes so that the word is not lost in a reset. */
function part(socket: Socket, word = ""): void {
  socket.end(word);
  const timer = setTimeout(() => socket.destroy(), PARTING);
  socket.on("close", () => clearTimeout(timer));
  socket.on("data", () => {}).resume();
}

async function listenSocket(server: Server, path: string): Promise<() => void> {
  await reclaim(path);
  // The mode is there from the first moment: bind(2) happens inside `listen`.
  const umask = Deno.umask(0o177);
  try {
    server.listen({ path });
  } finally {
    Deno.umask(umask);
  }
  await listening(server);
  let inode: number | null;
  try {
    // Whoever can rename the directory may have put another in its place since it was checked.
    inode = checkEntry(path).ino;
  } catch (error) {
    server.close();
    throw error;
  }
  return () => {
    try {
      if (Deno.lstatSync(path).ino === inode) Deno.removeSync(path);
    } catch {
      // Somebody cleaned up before.
    }
  };
}

async function listenPipe(server: Server, path: string): Promise<() => void> {
  // A name that nobody can foresee, so that nobody can have taken it.
  const name = `\\\\.\\pipe\\balance-${Deno.pid}-${crypto.randomUUID()}`;
  server.listen({ path: name });
  await listening(server);
  Deno.writeTextFileSync(path, name + "\n");
  return () => {
    try {
      if (Deno.readTextFileSync(path).trim() === name) Deno.removeSync(path);
    } catch {
      // Somebody cleaned up before.
    }
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error) => reject(new DirectoryError(`cannot open control socket: ${escape(error.message)}`)));
  });
}

/** Removes the socket of an instance that died. @throws {DirectoryError} when one answers, or it is no socket */
async function reclaim(path: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch {
    return;
  }
  if (!info.isSocket) throw new DirectoryError(`cannot open control socket: ${quote(path)} is something else`);
  if (await answers(path)) {
    throw new DirectoryError(`cannot open control socket: an instance answers on ${quote(path)}`);
  }
  Deno.removeSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}
