import { BadRequest, endOfHead, LONGEST_HEAD, readHead, type RequestHead } from "./request_head.ts";
import { type HttpAnswer, type HttpRequest, textAnswer } from "./route.ts";

/** Milliseconds for a whole request to come, for a chunk to be taken, and until the next request. */
const REQUEST = 10_000, TAKE = 30_000, IDLE = 120_000;

/** Bytes that are written at a time. */
const PIECE = 64 * 1024;

/** How requests are answered, and what is known of the client. */
export interface Answering {
  readonly client: string;
  readonly loopback: boolean;
  /** Must not reject. */
  answer(request: HttpRequest): Promise<HttpAnswer>;
}

/** What a connection does: nothing, take in a request, or answer one. */
export type Phase = "idle" | "asking" | "answering";

/** One client, which may ask several times. */
export class HttpConnection {
  readonly #socket: Deno.Conn;
  readonly #answering: Answering;
  readonly #over = new AbortController();
  readonly #buffer = new Uint8Array(LONGEST_HEAD);
  /** Bytes in the buffer: of the next request. */
  #filled = 0;
  #phase: Phase = "idle";
  #ending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: Deno.Conn, answering: Answering) {
    this.#socket = socket;
    this.#answering = answering;
  }

  /** Its client's numeric address; empty over a Unix socket. */
  get client(): string {
    return this.#answering.client;
  }

  /** What it does at this moment. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Answers until the client has gone. Never rejects. */
  async serve(): Promise<void> {
    try {
      while (await this.#serveOne());
    } catch {
      // It has gone, or was too slow.
    } finally {
      this.close();
    }
  }

  /** Ends it after the answer that is under way, or at once if there is none. Streams end. */
  end(): void {
    this.#ending = true;
    this.#over.abort();
    if (this.#phase === "idle") this.close();
  }

  /** Ends it at once. */
  close(): void {
    this.#within(0);
    this.#over.abort();
    try {
      this.#socket.close();
    } catch {
      // It is closed.
    }
  }

  /** @returns whether there may be another request */
  async #serveOne(): Promise<boolean> {
    this.#phase = this.#filled === 0 ? "idle" : "asking";
    this.#within(this.#phase === "idle" ? IDLE : REQUEST);
    let head: RequestHead | undefined, answer: HttpAnswer;
    try {
      head = await this.#readHead();
      if (head === undefined) return false;
      const body = await this.#readBody(head);
      if (body === undefined) return false;
      this.#within(0);
      this.#phase = "answering";
      const { method, path, query, headers } = head, { client, loopback } = this.#answering;
      const request = { method, path, query, headers, body, client, loopback, over: this.#over.signal };
      answer = await this.#answering.answer(request);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      answer = textAnswer(error.status, error.message);
      head = undefined;
    }
    return await this.#write(head, answer);
  }

  /** @returns undefined when the client leaves */
  async #readHead(): Promise<RequestHead | undefined> {
    for (;;) {
      const end = endOfHead(this.#buffer.subarray(0, this.#filled));
      if (end >= 0) return readHead(LATIN1.decode(this.#take(end)));
      if (this.#filled === LONGEST_HEAD) throw new BadRequest(431, `the head is longer than ${LONGEST_HEAD} bytes`);
      const length = await this.#socket.read(this.#buffer.subarray(this.#filled));
      if (length === null) return undefined;
      if (this.#phase === "idle") this.#within(REQUEST);
      this.#phase = "asking";
      this.#filled += length;
    }
  }

  async #readBody({ length, headers, modern }: RequestHead): Promise<Uint8Array | undefined> {
    const body = this.#take(Math.min(length, this.#filled)), whole = new Uint8Array(length);
    whole.set(body);
    let filled = body.length;
    if (filled < length && modern && headers.get("expect")?.toLowerCase() === "100-continue") {
      await this.#send(UTF8.encode("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    while (filled < length) {
      const count = await this.#socket.read(whole.subarray(filled));
      if (count === null) return undefined;
      filled += count;
    }
    return whole;
  }

  /** The first bytes of the buffer, which leave it. */
  #take(length: number): Uint8Array {
    const taken = this.#buffer.slice(0, length);
    this.#buffer.copyWithin(0, length, this.#filled);
    this.#filled -= length;
    return taken;
  }

  /** @param head undefined if the request was not understood, so that the next one would not be either */
  async #write(head: RequestHead | undefined, { status, headers = {}, body = "" }: HttpAnswer): Promise<boolean> {
    const bytes = typeof body === "string" ? [UTF8.encode(body)] : body instanceof Uint8Array ? [body] : listed(body);
    const chunked = bytes === undefined && head?.modern === true;
    // A stream without a reader ends with its connection.
    const unread = head?.method === "HEAD" && bytes === undefined;
    const goesOn = head?.goesOn === true && !this.#ending && !unread && (bytes !== undefined || chunked);
    const fields = {
      date: new Date().toUTCString(),
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      ...headers,
      ...bytes !== undefined && status !== 304 &&
        { "content-length": String(bytes.reduce((sum, { length }) => sum + length, 0)) },
      ...chunked && { "transfer-encoding": "chunked" },
      connection: goesOn ? "keep-alive" : "close",
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, " ")}\r\n`);
    const start = UTF8.encode(`HTTP/1.1 ${status} ${REASONS[status] ?? "Other"}\r\n${lines.join("")}\r\n`);
    if (head?.method === "HEAD") await this.#send(start);
    else if (bytes !== undefined) await this.#send(start, ...bytes);
    else await this.#stream(start, body as AsyncIterable<Uint8Array>, chunked);
    if (!goesOn) await this.#finish(head === undefined);
    return goesOn && !this.#ending;
  }

  async #stream(start: Uint8Array, chunks: AsyncIterable<Uint8Array>, chunked: boolean): Promise<void> {
    await this.#send(start);
    // Only a read shows that the client has gone. What it sends meanwhile is not asked of a client.
    const left = this.#socket.read(new Uint8Array(1)).catch(() => null).then(() => this.close());
    for await (const chunk of chunks) {
      if (chunk.length === 0) continue;
      if (chunked) await this.#send(UTF8.encode(`${chunk.length.toString(16)}\r\n`), chunk, UTF8.encode("\r\n"));
      else await this.#send(chunk);
    }
    if (chunked) await this.#send(UTF8.encode("0\r\n\r\n"));
    this.#ending = true;
    await this.#socket.closeWrite();
    this.#within(REQUEST);
    await left;
  }

  /** Writes all of it. The client may take its time, as long as it takes something. */
  async #send(...all: Uint8Array[]): Promise<void> {
    for (const bytes of all) {
      for (let at = 0; at < bytes.length;) {
        this.#within(TAKE);
        at += await this.#socket.write(bytes.subarray(at, at + PIECE));
      }
    }
    this.#within(0);
  }

  /** Ends it so that the client gets the answer. @param unread whether there may be more of what it has sent */
  async #finish(unread: boolean): Promise<void> {
    await this.#socket.closeWrite();
    if (!unread) return;
    this.#phase = "idle";
    // Closing with bytes unread would reset the connection, and the answer with it.
    this.#within(REQUEST / 10);
    for (const rest = new Uint8Array(PIECE); await this.#socket.read(rest) !== null;);
  }

  /** Closes the connection unless this is called again in time. @param milliseconds 0 for any time */
  #within(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = milliseconds === 0 ? undefined : setTimeout(() => this.close(), milliseconds);
    if (this.#timer !== undefined) Deno.unrefTimer(this.#timer);
  }
}

/** The chunks of a body whose length is known; undefined for a stream. */
function listed(body: readonly Uint8Array[] | AsyncIterable<Uint8Array>): readonly Uint8Array[] | undefined {
  return Symbol.asyncIterator in body ? undefined : body;
}

const UTF8 = new TextEncoder(), LATIN1 = new TextDecoder("latin1");

/** What people read beside the number of a status (RFC 9110, 15). */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};
