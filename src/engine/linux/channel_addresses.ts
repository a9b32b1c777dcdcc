import type { ChannelId } from "../../table/channel_id.ts";
import type { Table } from "../../table/table.ts";
import { encodeAddress } from "./sockets.ts";

/** Channels' addresses in the kernel's form, converted again only when they change in the table. */
export class ChannelAddresses {
  readonly #table: Table;
  readonly #host = new Uint8Array(16);
  readonly #known: { sequence: number; address: Uint8Array<ArrayBuffer> }[] = [];

  constructor(table: Table) {
    this.#table = table;
  }

  /** The channel's `struct sockaddr`. */
  of(id: ChannelId): Uint8Array<ArrayBuffer> {
    const known = this.#known[id];
    if (known !== undefined && known.sequence === this.#table.addressSequence(id)) return known.address;
    const { sequence, port, zone } = this.#table.readAddress(id, this.#host);
    const address = encodeAddress(this.#host, port, zone);
    this.#known[id] = { sequence, address };
    return address;
  }
}
