/** A port of 127.0.0.1 that refuses connections and that nobody else can get while it is held. */
export class RefusingPort implements Disposable {
  readonly address: { readonly host: string; readonly port: number };
  readonly #ends: readonly Deno.TcpConn[];

  private constructor(near: Deno.TcpConn, far: Deno.TcpConn) {
    // The far end is closed first, so that the wait after the end of a connection is not for the port (RFC 9293, 3.6).
    this.#ends = [far, near];
    this.address = { host: "127.0.0.1", port: near.localAddr.port };
  }

  /** Takes a port. It is the near end of a connection, which the system gives to no listener. */
  static async take(): Promise<RefusingPort> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const near = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    return new RefusingPort(near, await listener.accept());
  }

  get port(): number {
    return this.address.port;
  }

  /** Releases the port: from now on something may listen on it. */
  [Symbol.dispose](): void {
    for (const end of this.#ends) {
      try {
        end.close();
      } catch {
        // Already released.
      }
    }
  }
}
