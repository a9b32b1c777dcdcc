/** Milliseconds after which a connect on loopback counts as unanswered. */
const UNANSWERED = 250;

/** Where a full queue makes the kernel drop what asks for a connection; other systems refuse it. */
export const hasBlackHoles = Deno.build.os === "linux";

/**
 * An address of 127.0.0.1 from which no answer ever comes: a listener that does not accept and whose queue is full, so
 * that the kernel drops every further SYN (listen(2), tcp(7) on tcp_abort_on_overflow).
 */
export class BlackHole implements Disposable {
  readonly address: { readonly host: string; readonly port: number };
  readonly #listener: Deno.TcpListener;
  readonly #waiting: Deno.TcpConn[] = [];

  private constructor() {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
    this.address = { host: "127.0.0.1", port: this.#listener.addr.port };
  }

  /** Makes one and checks that it is one. @throws {Error} when every connect was answered */
  static async open(): Promise<BlackHole> {
    const hole = new BlackHole();
    for (let i = 0; i < 16; i++) {
      const unanswered = new AbortController(), { host: hostname, port } = hole.address;
      const timer = setTimeout(() => unanswered.abort(), UNANSWERED);
      try {
        hole.#waiting.push(await Deno.connect({ hostname, port, signal: unanswered.signal }));
      } catch (error) {
        if (unanswered.signal.aborted) return hole;
        hole[Symbol.dispose]();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    }
    hole[Symbol.dispose]();
    throw new Error("Cannot make black hole: every connect was answered");
  }

  [Symbol.dispose](): void {
    for (const connection of this.#waiting.splice(0)) connection.close();
    this.#listener.close();
  }
}
