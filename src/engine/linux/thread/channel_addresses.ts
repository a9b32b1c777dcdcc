import type { ChannelId } from "../../../table/channel_id.ts";
import type { Table } from "../../../table/table.ts";
import { encodeAddress, setPort } from "../kernel/sockets.ts";

/** Channels' addresses in the kernel's form, converted again only when they change in the table. */
export class ChannelAddresses {
  readonly #table: Table;
  readonly #host = new Uint8Array(16);
  readonly #known: { sequence: number; anyPort: boolean; address: Uint8Array<ArrayBuffer> }[] = [];

  constructor(table: Table) {
    this.#table = table;
  }

  /**
   * The channel's `struct sockaddr`, with the port that its client came to if the channel has none of its own. Only
   * until the next call; after that its port may be another.
   */
  of(id: ChannelId, clientsPort: number): Uint8Array<ArrayBuffer> {
    const known = this.#known[id];
    if (known !== undefined && known.sequence === this.#table.addressSequence(id)) {
      if (known.anyPort) setPort(known.address, clientsPort);
      return known.address;
    }
    const { sequence, port, zone } = this.#table.readAddress(id, this.#host);
    const anyPort = port === 0, address = encodeAddress(this.#host, anyPort ? clientsPort : port, zone);
    this.#known[id] = { sequence, anyPort, address };
    return address;
  }
}
