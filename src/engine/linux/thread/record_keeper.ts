import { type ChannelId, NONE } from "../../../table/channel_id.ts";
import type { Clock } from "../../../table/clock.ts";
import type { RefusalReason } from "../../../table/clients/refusals.ts";
import type { Attempts } from "../../../table/records/attempts.ts";
import { BY, type ByNumber, END, type EndNumber, partyOf } from "../../../table/records/ends.ts";
import type { RecordFields } from "../../../table/records/record_fields.ts";
import { detailOfRefusal, endOfRefusal } from "../../../table/records/refusal_end.ts";
import type { RecordWriter } from "../../../table/records/record_writer.ts";
import type { Attempt } from "../../../selection/attempt.ts";
import type { Greeting } from "../../../preamble/greeting.ts";
import { writeChannel } from "../../record_channel.ts";
import { countEnd } from "../shared/count_end.ts";
import { describeConnection } from "../shared/describe_connection.ts";
import { ROLE } from "../shared/live_roles.ts";
import type { LiveRows } from "../shared/live_rows.ts";
import type { ThreadService } from "./thread_service.ts";
import type { ThreadServices } from "./thread_services.ts";

/** What few connections have: attempts of which one failed, and a server name. */
interface Particulars {
  readonly attempts: Attempts | undefined;
  readonly serverName: string | undefined;
}

/**
 * Keeps what is known of a thread's connections while they last, and writes the records of how they ended. Allocates
 * nothing for a client that gets a channel at once and has not been asked for its name.
 */
export class RecordKeeper {
  /** Of all threads. This one writes where its own descriptors are. */
  readonly live: LiveRows;
  readonly #services: ThreadServices;
  readonly #clock: Clock;
  readonly #writer: RecordWriter;
  readonly #waiting: () => void;
  /** Id and time of the client that has just been accepted. */
  readonly #birth = new Float64Array(2);
  /** Milliseconds until a channel's first byte. */
  readonly #firstByteMs = new Float64Array(1);
  readonly #particulars = new Map<number, Particulars>();

  /** @param waiting tells main that there are records */
  constructor(live: LiveRows, services: ThreadServices, clock: Clock, writer: RecordWriter, waiting: () => void) {
    this.live = live;
    this.#services = services;
    this.#clock = clock;
    this.#writer = writer;
    this.#waiting = waiting;
  }

  /**
   * A client has been accepted.
   *
   * @param role GREETING or WAITING
   * @param host sixteen address bytes of the socket's peer
   */
  accepted(
    client: number,
    service: ThreadService,
    role: number,
    host: Uint8Array,
    port: number,
    localPort: number,
  ): void {
    const birth = this.#birth, { time } = this.#look();
    service.statistics?.accepted(time);
    this.#writer.writeNextId(birth);
    birth[1] = time[0];
    this.live.begin(client, birth, service.id, role, host, port, localPort);
  }

  /** A client has been refused by its address alone: there may be a flood of them. */
  refused(service: ThreadService, host: Uint8Array, port: number, localPort: number, reason: RefusalReason): void {
    const { time } = this.#look(), now = time[0], { statistics } = service, end = endOfRefusal(reason);
    statistics?.accepted(time);
    statistics?.ended(NONE, end, BY.BALANCE, 0, -1, 0, 0, now);
    const id = this.#writer.nextId(), fields = this.#writer.beginMinor();
    if (fields === undefined) return;
    fields.connection(id, service.id, now, localPort);
    fields.client(host, port);
    fields.times(-1, -1, -1, 0);
    this.#finish(fields, service, NONE, end, BY.BALANCE, detailOfRefusal(reason));
  }

  /** A client and its channel's socket are connected. */
  established(client: number, server: number, attempt: Attempt, greeting: Greeting | undefined): void {
    this.live.establish(client, server, attempt, this.#look().time);
    const { attempts } = attempt, serverName = greeting?.serverName || undefined;
    if (attempts !== undefined || serverName !== undefined) this.#particulars.set(client, { attempts, serverName });
  }

  /** A channel's bytes have been sent to its client. */
  rcvd(client: number, server: number, service: ThreadService, channel: ChannelId, bytes: number): void {
    if (!this.live.rcvd(server, bytes)) return;
    this.live.firstByte(client, server, this.#look().time, this.#firstByteMs);
    service.statistics?.firstByte(channel, this.#firstByteMs);
  }

  /** A client that is not let in; see `ended`. */
  turnedAway(client: number, reason: RefusalReason, greeting: Greeting | undefined): void {
    this.ended(client, endOfRefusal(reason), BY.BALANCE, detailOfRefusal(reason), undefined, greeting);
  }

  /**
   * A client's connection is over, whatever its sockets still do: writes its record, once. The channel has not been
   * given back yet.
   *
   * @param detail errno of a reset or a failure
   * @param attempt of a client that has no channel
   */
  ended(
    client: number,
    end: EndNumber,
    by: ByNumber = partyOf(end),
    detail = 0,
    attempt?: Attempt,
    greeting?: Greeting,
  ): void {
    const { live } = this, role = live.roleOf(client);
    if (role === ROLE.NONE || role > ROLE.ESTABLISHED) return;
    const now = this.#look().time[0], { service, settings } = this.#services.of(client), { statistics } = service;
    const particulars = role === ROLE.ESTABLISHED ? this.#takeParticulars(client) : undefined;
    const channel = countEnd(statistics, live, client, end, by, now);
    if (statistics?.isRecorded(end, settings.records ?? 0) ?? end !== END.CLOSED) {
      const fields = this.#writer.begin();
      if (fields !== undefined) {
        describeConnection(live, client, fields, now);
        if (attempt !== undefined) fields.times(attempt.queueMs, -1, -1, now - live.acceptedOf(client));
        const tried = (attempt ?? particulars)?.attempts, name = greeting?.serverName || particulars?.serverName;
        if (tried !== undefined) fields.attempts(tried);
        if (name !== undefined) fields.sni(name);
        this.#finish(fields, service, channel, end, by, detail);
      }
    }
    live.over(client);
  }

  /** The clock, which shows the time. */
  #look(): Clock {
    this.#clock.look();
    return this.#clock;
  }

  #takeParticulars(client: number): Particulars | undefined {
    if (this.#particulars.size === 0) return undefined;
    const particulars = this.#particulars.get(client);
    this.#particulars.delete(client);
    return particulars;
  }

  /** Hands the record over. */
  #finish(
    fields: RecordFields,
    { table, state }: ThreadService,
    channel: ChannelId,
    end: EndNumber,
    by: ByNumber,
    detail: number,
  ): void {
    writeChannel(fields, table, channel, state.seats.taken);
    fields.end(end, by, detail);
    if (this.#writer.commit()) this.#waiting();
  }
}
