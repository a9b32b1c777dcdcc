import { eventually } from "./eventually.ts";

/** Connections that fill the queue: one more than its length, as listen(2) counts on Linux. */
const BACKLOG = 1, FILLING = BACKLOG + 1;

/** Whether the kernel drops connection requests when the queue is full; other systems refuse them. */
export const hasBlackHoles = Deno.build.os === "linux";

/**
 * An address of 127.0.0.1 from which no answer ever comes: a listener that does not accept and whose queue is full, so
 * that the kernel drops every further SYN (listen(2), tcp(7) on tcp_abort_on_overflow). Linux only.
 */
export class BlackHole implements Disposable {
  readonly address: { readonly host: string; readonly port: number };
  readonly #listener: Deno.TcpListener;
  readonly #waiting: Deno.TcpConn[] = [];
  #refuses = false;

  private constructor() {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: BACKLOG });
    this.address = { host: "127.0.0.1", port: this.#listener.addr.port };
  }

  /** Makes one and waits until the kernel says that its queue is full. */
  static async open(): Promise<BlackHole> {
    const hole = new BlackHole(), { host: hostname, port } = hole.address;
    try {
      for (let i = 0; i < FILLING; i++) hole.#waiting.push(await Deno.connect({ hostname, port }));
      await eventually("the queue is full", () => queueLength(port) === FILLING);
      return hole;
    } catch (error) {
      hole[Symbol.dispose]();
      throw error;
    }
  }

  /** Waits until someone tries to connect to it. */
  async tried(): Promise<void> {
    const port = this.address.port.toString(16).toUpperCase().padStart(4, "0");
    const trying = new RegExp(`^ *\\d+: [0-9A-F:]+ 0100007F:${port} 02 `, "m");
    await eventually("somebody connects", () => trying.test(Deno.readTextFileSync("/proc/net/tcp")));
  }

  /** Accepts connections from now on; the kernel retries waiting ones after one second, then two (RFC 6298). */
  answer(): void {
    const accept = async () => {
      for (;;) this.#waiting.push(await this.#listener.accept());
    };
    accept().catch(() => {});
  }

  /** Refuses connections from now on, also waiting ones, once the kernel retries them as for `answer`. */
  refuse(): void {
    if (this.#refuses) return;
    this.#refuses = true;
    this.#listener.close();
  }

  [Symbol.dispose](): void {
    for (const connection of this.#waiting.splice(0)) connection.close();
    this.refuse();
  }
}

/** Connections that wait to be accepted on a port of 127.0.0.1, from proc_pid_net(5). */
export function queueLength(port: number): number {
  const listening = new RegExp(
    `^ *\\d+: 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A [0-9A-F]+:([0-9A-F]+)`,
    "m",
  );
  return parseInt(listening.exec(Deno.readTextFileSync("/proc/net/tcp"))?.[1] ?? "0", 16);
}
