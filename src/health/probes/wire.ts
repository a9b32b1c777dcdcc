import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Target } from "../target.ts";
import { CheckFailed, failureOf, type ResultCode } from "../verdict.ts";
import type { End } from "./own_headers.ts";
import type { Partings } from "./partings.ts";

/** Most bytes that a back end may answer with until something is found in them. */
const LONGEST = 65_536;

/** How far a check has come: connecting, TLS, the protocol. */
type Layer = "L4" | "L6" | "L7";

/** What a failure at each layer is called if it is not a timeout. */
const FAILED: Readonly<Record<Layer, ResultCode>> = { L4: "L4CON", L6: "L6RSP", L7: "L7RSP" };

/** The connection of one check. Text has one character for each byte. */
export class Wire {
  readonly #partings: Partings;
  #socket: Socket;
  #layer: Layer = "L4";
  #received = "";
  #reads = false;
  #ended = false;
  /** What has been given to the socket and not been sent. */
  #unsent = 0;
  #failure: CheckFailed | undefined;
  #wake = () => {};

  /** Begins to connect; `connected` says how that ends. */
  constructor({ address: host, port, source: localAddress }: Target, partings: Partings) {
    this.#partings = partings;
    this.#socket = connect({ host, port, localAddress, allowHalfOpen: true });
    // Nothing is read before somebody wants it. Where TLS follows, the bytes are not for here; Deno 2.7 loses them.
    this.#socket.pause();
    this.#listen(this.#socket);
  }

  /** Resolves once it is connected. @throws {CheckFailed} */
  async connected(): Promise<void> {
    const socket = this.#socket;
    if (socket.connecting) await this.#until("connect");
    // Where nobody listens on a port of the range for outgoing connections, one may meet itself.
    const { localPort, remotePort, localAddress, remoteAddress } = socket;
    if (localPort === remotePort && localAddress === remoteAddress) {
      socket.destroy();
      throw new CheckFailed("L4CON", "Connection refused");
    }
    this.#layer = "L7";
  }

  /** Begins TLS. Certificates are not checked. @throws {CheckFailed} */
  async secure(servername: string | undefined): Promise<void> {
    this.#layer = "L6";
    while (this.#unsent > 0 && !this.#ended) await this.#changed();
    const secure = connectTls({ socket: this.#socket, servername, rejectUnauthorized: false });
    this.#socket = secure;
    this.#listen(secure);
    await this.#until("secureConnect");
    // Deno 2.7 says so after a handshake that failed, too; the error comes to the first who reads.
    if (secure.alpnProtocol === null) {
      this.#read();
      while (!this.#ended) await this.#changed();
      throw new CheckFailed("L6RSP", CLOSED);
    }
    this.#layer = "L7";
  }

  /** This end, once it is connected. */
  get own(): End {
    const { localAddress, localPort } = this.#socket;
    return { address: localAddress!, port: localPort! };
  }

  /** The back end's. */
  get other(): End {
    const { remoteAddress, remotePort } = this.#socket;
    return { address: remoteAddress!, port: remotePort! };
  }

  /** What has been received and not taken yet. */
  get received(): string {
    return this.#received;
  }

  /** Whether nothing more comes. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes so many bytes from the beginning of what has been received. */
  take(length: number): string {
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }

  send(text: string): void {
    this.#unsent++;
    this.#socket.write(text, "latin1", () => {
      this.#unsent--;
      this.#wake();
    });
  }

  /** Waits for more bytes, or the end. @throws {CheckFailed} */
  async more(): Promise<void> {
    this.#read();
    const before = this.#received.length;
    // Too much may have come since somebody last looked; then nothing more is added.
    while (before <= LONGEST && this.#received.length === before && !this.#ended) await this.#changed();
    if (this.#received.length > LONGEST) {
      throw new CheckFailed("L7RSP", `more than ${LONGEST} bytes without what was expected`);
    }
  }

  /** The time is over: whoever waits gets a failure that says for what. */
  expire(): void {
    this.#fail(new CheckFailed(`${this.#layer}TOUT`, TOO_LATE[this.#layer]));
  }

  /** Ends the connection, or the attempt. */
  close(): void {
    if (this.#layer === "L4" && this.#socket.connecting) this.#socket.destroy();
    else this.#partings.add(this.#socket);
  }

  /** Begins to read, if nobody has. */
  #read(): void {
    if (this.#reads) return;
    this.#reads = true;
    this.#socket.on("data", (chunk: Uint8Array) => {
      if (this.#received.length <= LONGEST) this.#received += latin1(chunk);
      this.#wake();
    });
    this.#socket.on("end", () => this.#end());
    this.#socket.resume();
  }

  #listen(socket: Socket): void {
    socket.on("close", () => this.#end());
    socket.on("error", (error) => this.#fail(failureOf(error, FAILED[this.#layer])));
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #fail(failure: CheckFailed): void {
    this.#failure ??= failure;
    this.#wake();
  }

  async #until(event: "connect" | "secureConnect"): Promise<void> {
    let happened = false;
    this.#socket.once(event, () => {
      happened = true;
      this.#wake();
    });
    while (!happened) {
      if (this.#ended) throw new CheckFailed(FAILED[this.#layer], CLOSED);
      await this.#changed();
    }
  }

  async #changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#failure !== undefined) resolve();
    });
    if (this.#failure !== undefined) throw this.#failure;
  }
}

const CLOSED = "the connection was closed";

const TOO_LATE: Readonly<Record<Layer, string>> = {
  L4: "does not accept in time",
  L6: "does not complete the TLS handshake in time",
  L7: "does not answer in time",
};

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
