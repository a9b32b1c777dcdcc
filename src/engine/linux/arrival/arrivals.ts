import { NONE } from "../../../table/channel_id.ts";
import { END } from "../../../table/records/ends.ts";
import { ERRNO } from "../kernel/abi.ts";
import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Dialer } from "../dialing/dialer.ts";
import type { Ending } from "../relaying/ending.ts";
import type { Greetings } from "./greetings.ts";
import type { Listening } from "./listening.ts";
import type { Partings } from "./partings.ts";
import type { Poller } from "../kernel/poller.ts";
import { decodeHost, portOf } from "../kernel/sockets.ts";
import type { RecordKeeper } from "../thread/record_keeper.ts";
import { ROLE } from "../shared/live_roles.ts";
import { STAGE } from "../thread/stage.ts";
import type { ThreadService } from "../thread/thread_service.ts";
import type { ThreadServices } from "../thread/thread_services.ts";

/** Where a client comes from. */
interface Endpoint {
  /** Sixteen bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** A thread's clients when they have just been accepted. */
export class Arrivals {
  /** Receives the clients of services that ask something of them; loaded as soon as there is one. */
  greetings: Greetings | undefined;
  /** Those of their clients that are told why they are not served. */
  partings: Partings | undefined;
  readonly #connections: Connections;
  readonly #poller: Poller;
  readonly #services: ThreadServices;
  readonly #ending: Ending;
  readonly #dialer: Dialer;
  readonly #records: RecordKeeper;

  constructor(
    connections: Connections,
    poller: Poller,
    services: ThreadServices,
    ending: Ending,
    dialer: Dialer,
    records: RecordKeeper,
  ) {
    this.#connections = connections;
    this.#poller = poller;
    this.#services = services;
    this.#ending = ending;
    this.#dialer = dialer;
    this.#records = records;
  }

  /** Looks for a channel for a client, perhaps only after it has said something; see `AcceptorHost`. */
  accepted(client: number, address: Uint8Array, { service, port }: Listening): number {
    if (service.terms.reception !== undefined) return this.greetings!.accepted(client, address, service, port);
    const dialer = this.#dialer, place = dialer.prepare();
    decodeHost(address, place.address);
    place.port = portOf(address);
    const error = this.open(client, service, STAGE.CONNECTING, place, port);
    if (error !== 0) return error;
    dialer.begin(client, port);
    return 0;
  }

  /**
   * Begins a client's row. Returns 0, or the error number because of which it has been closed.
   *
   * @param from where it comes from
   * @param localPort the port that it came to
   */
  open(client: number, service: ThreadService, stage: number, from: Endpoint, localPort: number): number {
    const connections = this.#connections;
    connections.open(client, stage, IS.CLIENT | IS.WRITABLE, NONE);
    this.#services.enter(client, service);
    const role = stage === STAGE.GREETING ? ROLE.GREETING : ROLE.WAITING;
    this.#records.accepted(client, service, role, from.address, from.port, localPort);
    if (this.#poller.watch(client, connections.rows[client * WIDTH + ROW.GENERATION])) return 0;
    this.#ending.end(client, END.LOCAL);
    return ERRNO.ENOMEM;
  }
}
