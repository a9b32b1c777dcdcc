import { accept, listen, memoryFile, READABLE, receive, transmit, transmitFile, WOULD_WAIT, WRITABLE } from "./libc.ts";
import type { Handler, Loop } from "./loop.ts";
import { CLOSE, HELLO, REQUEST, RESPONSE, STREAM } from "./messages.ts";

/** MiB of data that streams repeat: too much for a processor's cache, as real data is. */
const FILE = 64;
/** Bytes offered to a stream's socket at a time. */
const PART = 1 << 20;

/** What a connection is for, once its first request has said so. */
const enum Role {
  Unknown,
  Answer,
  AnswerOnce,
  Stream,
}

/**
 * The server behind the proxies: answers requests, answers one and closes, or sends without end. It lives in the event
 * loop of its clients, so that the two cost one thread and no switch between them.
 */
export class BackEnd implements Handler {
  readonly port: number;
  readonly #loop: Loop;
  readonly #listener: number;
  readonly #roles: Role[] = [];
  /** Bytes of an unfinished request. */
  readonly #partial: number[] = [];
  readonly #open = new Set<number>();
  readonly #input = new Uint8Array(REQUEST * 512);
  readonly #responses = new Uint8Array(RESPONSE * 512).fill(0x72);
  readonly #file = memoryFile(FILE);
  #position = 0;

  constructor(loop: Loop) {
    this.#loop = loop;
    const { fd, port } = listen();
    this.#listener = fd;
    this.port = port;
    loop.add(fd, READABLE, this);
  }

  /** Connections at this moment. */
  get connections(): number {
    return this.#open.size;
  }

  /** Ends the streams that are being sent; what the kernel holds still arrives. */
  endStreams(): void {
    for (const fd of this.#open) if (this.#roles[fd] === Role.Stream) this.#close(fd);
  }

  /** Closes every connection. */
  closeAll(): void {
    for (const fd of this.#open) this.#close(fd);
  }

  ready(fd: number): void {
    if (fd === this.#listener) return this.#accept();
    try {
      if (this.#roles[fd] === Role.Stream) this.#stream(fd);
      else this.#answer(fd);
    } catch {
      // The proxy has reset it; whether that is an error is for the client's side to say.
      this.#close(fd);
    }
  }

  /** As a web server sends a file: the load copies nothing, so that it stays well ahead of the proxies. */
  #stream(fd: number): void {
    const sent = transmitFile(fd, this.#file, this.#position, PART);
    if (sent !== WOULD_WAIT) this.#position = (this.#position + sent) % ((FILE << 20) - PART);
  }

  #accept(): void {
    for (let fd = accept(this.#listener); fd !== WOULD_WAIT; fd = accept(this.#listener)) {
      this.#roles[fd] = Role.Unknown;
      this.#partial[fd] = 0;
      this.#open.add(fd);
      this.#loop.add(fd, READABLE, this);
    }
  }

  #answer(fd: number): void {
    let length = receive(fd, this.#input);
    if (length === WOULD_WAIT) return;
    if (length === 0) return this.#close(fd);
    if (this.#roles[fd] === Role.Unknown) {
      const header = headerBytes(this.#input, length);
      if (header > 0) this.#input.copyWithin(0, header, length);
      length -= header;
      if (length === 0) return;
      this.#roles[fd] = roleOf(this.#input[0]);
    }
    if (this.#roles[fd] === Role.Stream) return this.#loop.makeBulk(fd, WRITABLE);
    const bytes = this.#partial[fd] + length, requests = Math.trunc(bytes / REQUEST);
    this.#partial[fd] = bytes - requests * REQUEST;
    if (requests === 0) return;
    const size = requests * RESPONSE;
    if (transmit(fd, this.#responses, size) !== size) throw new Error("back end: the socket took no whole response");
    if (this.#roles[fd] === Role.AnswerOnce) this.#close(fd);
  }

  #close(fd: number): void {
    this.#open.delete(fd);
    this.#loop.close(fd);
  }
}

/** Bytes of the PROXY header that a connection begins with, 0 for none. It comes in one piece. */
function headerBytes(input: Uint8Array, length: number): number {
  // No request begins like one.
  if (input[0] === 0x0d) return 16 + (input[14] << 8 | input[15]);
  return input[0] === 0x50 ? input.subarray(0, length).indexOf(0x0a) + 1 : 0;
}

function roleOf(verb: number): Role {
  return verb === STREAM ? Role.Stream : verb === CLOSE || verb === HELLO ? Role.AnswerOnce : Role.Answer;
}
