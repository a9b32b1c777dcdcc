import type { LogRecord } from "@logtape/logtape";
import { messageOf, SEVERITY } from "./format.ts";
import type { ByteSink } from "./line_writer.ts";
import { type Outcome, SOCK_DGRAM, SOCK_STREAM, SYSTEM_LOG, UnixSocket } from "./unix_socket.ts";

/** Facility "daemon" (RFC 3164, 4.1.1). */
const DAEMON = 3 << 3;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Milliseconds between attempts while the log daemon takes nothing: at first, and at most. */
const FIRST_WAIT = 1, LONGEST_WAIT = 1_000;

/** A message that is too long is cut, but not once it is shorter than this many bytes. */
const SHORTEST = 64;

/**
 * A record in the form that the local system log takes: RFC 3164 in local time and without the host, as from syslog(3).
 */
export function formatSyslog(record: LogRecord, ident: string, pid: number): string {
  const time = new Date(record.timestamp), two = (number: number) => String(number).padStart(2, "0");
  const day = `${MONTHS[time.getMonth()]} ${String(time.getDate()).padStart(2)}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `<${DAEMON | SEVERITY[record.level]}>${day} ${clock} ${ident}[${pid}]: ${messageOf(record)}`;
}

/**
 * The system log of Linux and macOS. libc's syslog(3) waits while nobody reads the log; this never does. What cannot
 * be sent now is sent later, and it connects again after the log daemon went away.
 */
export class SystemLog implements ByteSink {
  readonly #path: string;
  readonly #socket: UnixSocket;
  #type: number | undefined;
  #problem: string | undefined;
  /** Bytes of the current message that a stream has taken. */
  #streamed = 0;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Connects at once, so that `problem` tells whether there is a system log. @throws {Error} where libc cannot be called */
  constructor(path = SYSTEM_LOG) {
    this.#path = path;
    this.#socket = new UnixSocket(path);
    this.#connect();
  }

  /** Why nothing can be logged at present. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Sends one message, however long that takes. */
  async write(message: Uint8Array): Promise<number> {
    const own = new Uint8Array(message);
    for (let wait = FIRST_WAIT; !this.#sent(own) && !this.#closed; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      await new Promise<void>((resolve) => {
        this.#timer = setTimeout(resolve, wait);
        Deno.unrefTimer(this.#timer);
      });
      // Another daemon may have taken the path while the present one is stuck.
      if (wait === LONGEST_WAIT) this.#disconnect();
    }
    return message.length;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  /** Tries to send a message, over a new connection if need be. */
  #sent(message: Uint8Array<ArrayBuffer>): boolean {
    // The second attempt reaches a log daemon that has replaced the old one.
    for (const fresh of [false, true]) {
      if ((this.#type === undefined || fresh) && !this.#connect()) return false;
      const outcome = this.#type === SOCK_STREAM ? this.#stream(message) : this.#datagram(message);
      if (outcome === "ok") {
        this.#problem = undefined;
        return true;
      }
      this.#failed(outcome);
      if (outcome === "EAGAIN" || outcome === "ENOBUFS") return false;
      this.#disconnect();
    }
    return false;
  }

  #connect(): boolean {
    this.#disconnect();
    let type = SOCK_DGRAM, outcome = this.#socket.connect(type);
    if (outcome === "EPROTOTYPE") outcome = this.#socket.connect(type = SOCK_STREAM);
    if (outcome === "ok") this.#type = type;
    else this.#failed(outcome);
    return outcome === "ok";
  }

  #disconnect(): void {
    this.#socket.disconnect();
    this.#type = undefined;
    this.#streamed = 0;
  }

  /** Sends a datagram, cut if it is too long for the log. */
  #datagram(message: Uint8Array<ArrayBuffer>): Outcome {
    for (let length = message.length;;) {
      const sent = this.#socket.send(message.subarray(0, length));
      if (typeof sent === "number") return "ok";
      if (sent !== "EMSGSIZE") return sent;
      // If not even a short part of it is taken, it is dropped.
      if (length < SHORTEST) return "ok";
      length = characterStart(message, length >> 1);
    }
  }

  /**
   * Sends a message and the NUL that ends it, as syslog(3) does. If the connection breaks in the middle, the next
   * daemon gets the whole message.
   */
  #stream(message: Uint8Array<ArrayBuffer>): Outcome {
    const record = new Uint8Array(message.length + 1);
    record.set(message);
    const left = record.subarray(this.#streamed), sent = this.#socket.send(left);
    if (typeof sent !== "number") return sent;
    this.#streamed = sent === left.length ? 0 : this.#streamed + sent;
    return sent === left.length ? "ok" : "EAGAIN";
  }

  #failed(outcome: Outcome): void {
    const reasons: Partial<Record<Outcome, string>> = {
      ENOENT: `there is no ${this.#path}`,
      ECONNREFUSED: `nobody listens on ${this.#path}`,
      EACCES: `permission denied for ${this.#path}`,
      EAGAIN: `the reader of ${this.#path} is too slow`,
      ENOBUFS: `the reader of ${this.#path} is too slow`,
    };
    this.#problem = reasons[outcome] ?? `${this.#path} cannot be written to`;
  }
}

/** Start of the UTF-8 character at `index`. */
function characterStart(bytes: Uint8Array, index: number): number {
  while (index > 0 && (bytes[index] & 0xc0) === 0x80) index--;
  return index;
}
