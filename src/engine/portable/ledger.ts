import { type ChannelId, NONE } from "../../table/channel_id.ts";
import { END } from "../../table/records/ends.ts";
import { MAX_LANES } from "../../table/limits.ts";
import type { RecordFields } from "../../table/records/record_fields.ts";
import { RecordWriter } from "../../table/records/record_writer.ts";
import type { Table } from "../../table/table.ts";
import type { RecordSettings } from "../engine.ts";
import { writeChannel } from "../record_channel.ts";
import type { Account } from "./account.ts";
import type { Arrival } from "./intake.ts";
import { type Parties, partiesOf } from "./parties.ts";
import type { Terms } from "./terms.ts";
import type { Watch } from "./watch.ts";

/** A service, for the records of its connections. */
export interface RecordedService {
  /** Its number. */
  readonly id: number;
  /** Its connections now. */
  readonly connections: number;
  readonly setup: { readonly table: Table };
}

/** Numbers connections, and writes their records. */
export class Ledger {
  readonly #writer: RecordWriter | undefined;
  readonly #waiting: () => void;
  readonly #watch: Watch;
  /** Of the client whose record is being written. */
  readonly #address = new Uint8Array(16);
  #ids = 0;

  constructor(records: RecordSettings | undefined, watch: Watch) {
    this.#watch = watch;
    this.#writer = records && new RecordWriter(records.rings, 0);
    this.#waiting = records?.waiting ?? (() => {});
  }

  /** A number for a new connection. */
  nextId(): number {
    return this.#writer?.nextId() ?? ++this.#ids * MAX_LANES;
  }

  /**
   * A connection has ended: counts it, and writes its record. Before its channel's place is given back.
   *
   * @param channel NONE if it had none
   * @param terms under which it was accepted
   * @param arrival the client's way in, if something was asked of it
   */
  ended(
    account: Account,
    channel: ChannelId,
    service: RecordedService,
    { selection: { statistics }, settings: { records = 0 } }: Terms,
    client: Deno.TcpConn,
    arrival: Arrival | undefined,
  ): void {
    const { accepted, connected, up, down, by } = account, end = account.end!, now = this.#watch.look();
    statistics?.ended(channel, end, by, now - accepted, connected < 0 ? -1 : now - connected, up, down, now);
    if (end === END.CLOSED && (records === 0 || statistics?.isRecorded(end, records) === false)) return;
    const fields = this.#writer?.begin();
    if (fields !== undefined) {
      this.#write(fields, account, channel, service, partiesOf(client, arrival, this.#address), now);
    }
  }

  /** The same for a client that was refused because of its address alone: there may be a flood of them. */
  refused(
    account: Account,
    service: RecordedService,
    { selection: { statistics } }: Terms,
    client: Deno.TcpConn,
  ): void {
    const { accepted, by } = account, now = this.#watch.look();
    statistics?.ended(NONE, account.end!, by, now - accepted, -1, 0, 0, now);
    const fields = this.#writer?.beginMinor();
    if (fields !== undefined) {
      this.#write(fields, account, NONE, service, partiesOf(client, undefined, this.#address), now);
    }
  }

  #write(
    fields: RecordFields,
    account: Account,
    channel: ChannelId,
    { id, connections, setup: { table } }: RecordedService,
    parties: Parties,
    now: number,
  ): void {
    const { client, peer, localPort, sni } = parties;
    fields.connection(account.id, id, account.accepted, localPort);
    fields.client(client.address, client.port);
    if (peer !== undefined) fields.peer(peer.address, peer.port);
    if (sni !== "") fields.sni(sni);
    fields.times(account.queueMs, account.connectMs, account.firstByteMs, now - account.accepted);
    fields.bytes(account.up, account.down);
    fields.end(account.end!, account.by, account.detail);
    if (account.attempts !== undefined) fields.attempts(account.attempts);
    writeChannel(fields, table, channel, connections);
    if (this.#writer!.commit()) this.#waiting();
  }
}
