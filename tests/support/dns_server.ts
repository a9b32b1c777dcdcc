import { Buffer } from "node:buffer";
import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server, type Socket as Stream } from "node:net";
import { type DnsQuery, type DnsQuestion, type DnsReply, readQuery, writeReply } from "./dns_message.ts";

/** What a server does with a question; `undefined` is silence. */
export type DnsAnswerer = (question: DnsQuestion) => DnsReply | undefined;

/** A name server on loopback, over UDP and, for answers that do not fit, over TCP, as RFC 1035 has it. */
export class DnsServer implements AsyncDisposable {
  readonly port: number;
  /** How it answers. A test may replace it at any time. */
  answer: DnsAnswerer;
  /** Sent ahead of each answer over UDP. */
  alsoSend: DnsReply | undefined;
  /** Everything it was asked, in order. */
  readonly asked: DnsQuestion[] = [];
  readonly #udp: Socket;
  readonly #tcp: Server;
  readonly #streams = new Set<Stream>();
  readonly #delayed = new Set<ReturnType<typeof setTimeout>>();
  readonly #waiting: { count: number; matches: (question: DnsQuestion) => boolean; resolve: () => void }[] = [];

  private constructor(port: number, udp: Socket, tcp: Server, answer: DnsAnswerer) {
    this.port = port;
    this.#udp = udp;
    this.#tcp = tcp;
    this.answer = answer;
    udp.on("message", (bytes, from) => {
      const query = readQuery(bytes, "udp"), reply = this.#replyTo(query);
      for (const one of [this.alsoSend, reply]) {
        if (one === undefined) continue;
        const send = () => udp.send(Buffer.from(writeReply(query, one)), from.port, from.address);
        if (one.delay === undefined) send();
        else this.#delayed.add(setTimeout(send, one.delay));
      }
    });
    tcp.on("connection", (stream) => this.#serve(stream));
  }

  static async start(answer: DnsAnswerer): Promise<DnsServer> {
    for (;;) {
      const udp = createSocket("udp4");
      await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
      const { port } = udp.address(), tcp = createServer();
      const bound = await new Promise<boolean>((resolve) => {
        tcp.once("error", () => resolve(false));
        tcp.listen(port, "127.0.0.1", () => resolve(true));
      });
      if (bound) return new DnsServer(port, udp, tcp, answer);
      // Somebody else has the port for TCP.
      await new Promise<void>((resolve) => udp.close(resolve));
    }
  }

  /** As `--resolver` takes it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** How often it was asked for a name, of any type or of this one. */
  count(name: string, type?: string): number {
    return this.asked.filter((question) => question.name === name && (type ?? question.type) === question.type).length;
  }

  /** Resolves when it has been asked for a name `more` times more. */
  askedFor(name: string, more = 1): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ count: more, matches: (question) => question.name === name, resolve });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    for (const timer of this.#delayed) clearTimeout(timer);
    await Promise.all([
      new Promise<void>((resolve) => this.#udp.close(() => resolve())),
      new Promise<void>((resolve) => this.#tcp.close(() => resolve())),
    ]);
  }

  #serve(stream: Stream): void {
    this.#streams.add(stream);
    let received = Buffer.alloc(0);
    stream.on("close", () => this.#streams.delete(stream));
    stream.on("error", () => {});
    stream.on("data", (bytes) => {
      received = Buffer.concat([received, bytes as Buffer]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0), query = readQuery(received.subarray(2, end), "tcp");
        received = received.subarray(end);
        const reply = this.#replyTo(query);
        if (reply?.hangUp) stream.end();
        if (reply === undefined || reply.hangUp) continue;
        const message = writeReply(query, reply), length = Buffer.alloc(2);
        length.writeUInt16BE(message.length);
        const whole = Buffer.concat([length, message]);
        if (reply.drip === undefined) stream.write(whole);
        else drip(stream, whole, reply.drip);
      }
    });
  }

  #replyTo({ question }: DnsQuery): DnsReply | undefined {
    this.asked.push(question);
    const reply = this.answer(question);
    for (const waiting of this.#waiting.filter(({ matches }) => matches(question))) {
      if (--waiting.count > 0) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve();
    }
    return reply;
  }
}

/** Writes a byte in so many milliseconds, as long as somebody reads. */
function drip(stream: Stream, bytes: Uint8Array, pause: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at < bytes.length && !stream.destroyed) stream.write(bytes.subarray(at, ++at));
    else clearInterval(timer);
  }, pause);
  stream.on("close", () => clearInterval(timer));
}
