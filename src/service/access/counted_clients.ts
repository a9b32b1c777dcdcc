import type { ClientState } from "../../access/access_state.ts";
import { formatNetwork, networkOf, type NetworkRange, overlap } from "../../access/network_words.ts";
import { ClientTable } from "../../table/clients/client_table.ts";
import type { DraftedClients } from "./drafted_access.ts";

/** Fewest and most clients that a service's table has room for. */
const FEWEST = 1024, MOST = 2 ** 19;

/** How many times as many places as there may be connections: then hardly anybody ever finds none. */
const SPARE = 2;

/** The clients of a service that has limits for each, as the main thread sees them. */
export class CountedClients {
  readonly #table: ClientTable;

  constructor({ prefix, most }: Pick<DraftedClients, "prefix" | "most">, lanes: number) {
    this.#table = ClientTable.create(Math.min(MOST, Math.max(FEWEST, SPARE * most)), prefix, lanes);
  }

  /** What threads are given. */
  get memory(): SharedArrayBuffer {
    return this.#table.buffer;
  }

  /** Whether it tells clients apart in this way. */
  fits({ prefix }: Pick<DraftedClients, "prefix">): boolean {
    return this.#table.prefix === prefix;
  }

  /** Connections that did not count, because there was no place for one more client. */
  get uncounted(): number {
    return this.#table.uncounted;
  }

  /**
   * Clients that have connections or were refused: first those with the most connections, and of the same number those
   * that were refused most often.
   *
   * @param count so many with the most connections, and so many that were refused most often. Default: all
   */
  list(count = Infinity): ClientState[] {
    const all: { readonly address: Uint8Array; readonly connections: number; readonly refused: number }[] = [];
    this.#table.forEach((client) => all.push(client));
    const refused = new Set(all.toSorted((a, b) => b.refused - a.refused).slice(0, count));
    return all.toSorted((a, b) => b.connections - a.connections || b.refused - a.refused)
      .filter((client, i) => i < count || client.refused > 0 && refused.has(client))
      .map(({ address, connections, refused }) => ({
        address: formatNetwork(networkOf(address, this.#table.prefix)),
        connections,
        refused,
      }));
  }

  /**
   * Forgets how fast clients have come, and that they were refused. Their connections count on.
   *
   * @param range those that have an address in it. Default: all
   * @returns how many of them had been refused
   */
  forgive(range?: NetworkRange): number {
    const { prefix } = this.#table;
    return this.#table.forgive(range && ((address) => overlap(range, networkOf(address, prefix))));
  }
}
