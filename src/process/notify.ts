import { escape } from "../log/escape.ts";
import { SOCK_DGRAM, UnixSocket } from "../log/unix_socket.ts";

/** Milliseconds until a message that the service manager did not take is sent again. */
const RETRY = 50;

/** Messages that may wait; a service manager that takes none for so long has other worries. */
const MOST_WAITING = 16;

/** CLOCK_MONOTONIC (clock_gettime(2)). */
const CLOCK_MONOTONIC = 1;

/**
 * Tells a service manager what the program does (sd_notify(3)). Without one, nothing is sent. Nothing here ever waits
 * or fails: a message that cannot be delivered is tried again later, or dropped.
 */
export class Notifier {
  readonly #socket: UnixSocket | undefined;
  readonly #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param address `$NOTIFY_SOCKET`: an absolute path, or `@` and an abstract name; anything else counts as none */
  constructor(address: string | undefined) {
    this.#socket = openSocket(address);
  }

  /** Whether there is a service manager to talk to. */
  get active(): boolean {
    return this.#socket !== undefined;
  }

  /** The program serves, whether for the first time or after `reloading`. */
  ready(status: string): void {
    this.#send(`READY=1\nMAINPID=${Deno.pid}\nSTATUS=${escape(status)}`);
  }

  /** It reads its configuration again, until `ready`. */
  reloading(): void {
    // Type=notify-reload compares the time with that of its request.
    const now = this.active ? monotonicMicroseconds() : undefined;
    this.#send(`RELOADING=1${now === undefined ? "" : `\nMONOTONIC_USEC=${now}`}`);
  }

  /** It has begun to end. */
  stopping(): void {
    this.#send("STOPPING=1");
  }

  /** A line about its state, for people. */
  status(text: string): void {
    this.#send(`STATUS=${escape(text)}`);
  }

  /** Another process is the service from now on. */
  mainProcess(pid: number): void {
    this.#send(`MAINPID=${pid}`);
  }

  /** It is alive. Worth nothing later, so it is never sent again. */
  alive(): void {
    if (this.#waiting.length === 0) this.#deliver("WATCHDOG=1");
  }

  /** Sends nothing more, besides what has waited until now. */
  close(): void {
    clearTimeout(this.#timer);
    this.#deliverWaiting();
    this.#waiting.length = 0;
    this.#socket?.close();
  }

  #send(message: string): void {
    if (this.#socket === undefined) return;
    if (this.#waiting.length === 0 && this.#deliver(message)) return;
    if (this.#waiting.length === MOST_WAITING) this.#waiting.shift();
    this.#waiting.push(message);
    this.#retryLater();
  }

  #retryLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#deliverWaiting();
      if (this.#waiting.length > 0) this.#retryLater();
    }, RETRY);
    Deno.unrefTimer(this.#timer);
  }

  #deliverWaiting(): void {
    while (this.#waiting.length > 0 && this.#deliver(this.#waiting[0])) this.#waiting.shift();
  }

  #deliver(message: string): boolean {
    const socket = this.#socket;
    if (socket === undefined) return true;
    // Connected anew each time, because the service manager may have been replaced.
    const sent = socket.connect(SOCK_DGRAM) === "ok" &&
      typeof socket.send(new TextEncoder().encode(message)) === "number";
    socket.disconnect();
    return sent;
  }
}

function openSocket(address: string | undefined): UnixSocket | undefined {
  if (address === undefined || !/^[/@]./.test(address)) return undefined;
  // Queried first, so that Deno does not prompt.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  try {
    return new UnixSocket(address.replace(/^@/, "\0"));
  } catch {
    return undefined;
  }
}

function monotonicMicroseconds(): number | undefined {
  try {
    const libc = Deno.dlopen("", { clock_gettime: { parameters: ["i32", "buffer"], result: "i32" } });
    const time = new BigInt64Array(2), told = libc.symbols.clock_gettime(CLOCK_MONOTONIC, time) === 0;
    libc.close();
    return told ? Number(time[0]) * 1e6 + Math.trunc(Number(time[1]) / 1000) : undefined;
  } catch {
    return undefined;
  }
}
