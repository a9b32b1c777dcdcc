import { SHORTAGE_PAUSE } from "../shortage_pause.ts";
import type { Line, Waiting } from "./line.ts";

/**
 * Errors of an accept that mean no shortage: the client has left the queue, and Deno asks the socket for its peer. Nothing
 * is known of such a client, so it has no record and is not counted.
 */
const CLIENT_LEFT = new Set(["ECONNABORTED", "ECONNRESET", "ENOTCONN", "EPROTO"]);

/** Whoever serves the clients of a socket. */
export interface AcceptHost {
  /** Where to wait for a place; undefined if there is one. */
  readonly line: Line | undefined;
  /** Where to wait for the end of a shortage. */
  readonly shortageLine: Line;
  /** Somebody must wait for a place. */
  reportWait(): void;
  serve(client: Deno.TcpConn): void;
  /** A loop that was let go from a line does not need the place: those behind it may have it. */
  passOn(): void;
  shortage(what: "accept", reason: string): void;
  /** The loop has come to its end. */
  finished(loop: AcceptLoop): void;
}

/**
 * Accepts the clients of one socket. It asks for one only if there is a place. But several loops may ask when there is
 * one place left, and an accept cannot be taken back: a client that comes too late is kept, and served first.
 */
export class AcceptLoop implements Waiting {
  #host: AcceptHost;
  readonly #socket: Deno.TcpListener;
  #kept: Deno.TcpConn | undefined;
  /** Its socket is closed. */
  #closed = false;
  #line: Line | undefined;
  #wake: (() => void) | undefined;

  constructor(host: AcceptHost, socket: Deno.TcpListener) {
    this.#host = host;
    this.#socket = socket;
  }

  /** Accepts until the socket is closed and nobody is kept. Never rejects. */
  async run(): Promise<void> {
    // Each wait may end with another host.
    while (!this.#closed) {
      try {
        if (this.#host.line !== undefined) await this.#untilPlace();
        if (this.#closed) break;
        const client = await this.#socket.accept();
        if (this.#host.line !== undefined) {
          this.#kept = client;
          // Others who were let go as well may have taken the place in the meantime.
          while (this.#kept !== undefined && this.#host.line !== undefined) await this.#untilPlace();
          if (this.#kept === undefined) continue;
          this.#kept = undefined;
        }
        this.#host.serve(client);
      } catch (error) {
        if (this.#closed) break;
        const { code, message } = error as { code?: string; message: string };
        if (code !== undefined && CLIENT_LEFT.has(code)) continue;
        this.#host.shortage("accept", message);
        await this.#pause();
      }
    }
    this.#host.passOn();
    this.#host.finished(this);
  }

  /** Another host serves the clients from now on, including one that is kept or is just being accepted. */
  moveTo(host: AcceptHost): void {
    const before = this.#host;
    this.#host = host;
    this.#letGo();
    // The loop may just have been let go from a line, and does not need the place.
    before.passOn();
  }

  /** The socket is being closed. Whoever is kept is served as soon as there is a place. */
  close(): void {
    this.#closed = true;
    if (this.#kept === undefined) this.#letGo();
  }

  /** Gives up whoever is kept. */
  dropKept(): void {
    this.#kept?.close();
    this.#kept = undefined;
    this.#letGo();
  }

  go(): void {
    const wake = this.#wake;
    this.#line = this.#wake = undefined;
    wake?.();
  }

  #letGo(): void {
    this.#line?.leave(this);
    this.go();
  }

  async #untilPlace(): Promise<void> {
    for (let line = this.#host.line; line !== undefined && (this.#kept !== undefined || !this.#closed);) {
      this.#host.reportWait();
      await this.#waitIn(line);
      line = this.#host.line;
      if (line !== undefined || this.#kept === undefined) this.#host.passOn();
    }
  }

  /** Waits until a shortage may be over. */
  async #pause(): Promise<void> {
    const timer = setTimeout(() => this.#letGo(), SHORTAGE_PAUSE);
    await this.#waitIn(this.#host.shortageLine);
    clearTimeout(timer);
  }

  #waitIn(line: Line): Promise<void> {
    line.enter(this);
    this.#line = line;
    return new Promise((resolve) => this.#wake = resolve);
  }
}
