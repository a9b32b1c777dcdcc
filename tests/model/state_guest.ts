import { connect, type Socket } from "node:net";
import type { AccountChannel } from "./state_account.ts";

/** A client with an address of its own. It says something at once, and a back end answers with its number. */
export class Guest {
  readonly address: string;
  /** In which step it came. */
  readonly came: number;
  /** Number of the back end that has answered. */
  backend: number | undefined;
  /** Whether its connection has ended, whoever ended it. */
  ended = false;
  /** What the account says it has, and since which step. */
  channel: AccountChannel | undefined;
  since = 0;
  /** While it waits: the channel that it would rather have than any other, as long as that one takes clients. */
  home: AccountChannel | undefined;
  /** Whether it may have found such a channel since: it has connected in vain, and others come from its address. */
  mayHaveHome = false;
  readonly #socket: Socket;

  private constructor(socket: Socket, address: string, came: number) {
    this.#socket = socket;
    this.address = address;
    this.came = came;
    socket.on("data", (bytes: Uint8Array) => this.backend ??= bytes[0]);
    socket.on("error", () => this.ended = true);
    for (const event of ["end", "close"]) socket.once(event, () => this.ended = true);
    socket.write("?");
  }

  static connect(port: number, address: string, came: number): Promise<Guest> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, localAddress: address, allowHalfOpen: true, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Guest(socket, address, came));
      });
    });
  }

  /** Whether it has been served or sent away. */
  get isAnswered(): boolean {
    return this.backend !== undefined || this.ended;
  }

  /** Ends its side, or vanishes, or resets the connection. */
  leave(how: "ends" | "vanishes" | "resets"): void {
    if (how === "ends") this.#socket.end();
    else if (how === "vanishes") this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
