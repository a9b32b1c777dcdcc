import { END } from "../../../table/records/ends.ts";
import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Ending } from "./ending.ts";
import type { HalfClosed } from "./half_close.ts";
import { afterEvents } from "./readiness.ts";
import type { Relay } from "./relay.ts";
import { STAGE } from "../thread/stage.ts";
import type { ThreadServices } from "../thread/thread_services.ts";
import type { Timers } from "../thread/timers.ts";
import type { Traffic } from "./traffic.ts";

/** What happens to a connection once both sides are connected, from the first byte to the end. */
export class Relaying {
  readonly #connections: Connections;
  readonly #rows: Int32Array;
  readonly #timers: Timers;
  readonly #traffic: Traffic;
  readonly #relay: Relay;
  readonly #ending: Ending;
  readonly #halfClosed: HalfClosed;
  readonly #services: ThreadServices;
  /** Flags of every socket. */
  readonly #flags: number;

  constructor(
    connections: Connections,
    timers: Timers,
    traffic: Traffic,
    relay: Relay,
    ending: Ending,
    halfClosed: HalfClosed,
    services: ThreadServices,
    flags: number,
  ) {
    this.#connections = connections;
    this.#rows = connections.rows;
    this.#timers = timers;
    this.#traffic = traffic;
    this.#relay = relay;
    this.#ending = ending;
    this.#halfClosed = halfClosed;
    this.#services = services;
    this.#flags = flags;
  }

  /** Begins to relay between a client and the channel that has just been connected. */
  begin(client: number, server: number): void {
    const rows = this.#rows, row = client * WIDTH, serverRow = server * WIDTH;
    rows[row + ROW.STAGE] = STAGE.CLIENT;
    rows[serverRow + ROW.STAGE] = STAGE.CHANNEL;
    rows[row + ROW.FLAGS] |= this.#flags;
    rows[serverRow + ROW.FLAGS] |= this.#flags;
    const { idleLimit } = this.#services.of(client);
    if (idleLimit > 0) {
      this.#traffic.touch(client);
      this.#timers.set(client, idleLimit);
    }
    const generation = rows[row + ROW.GENERATION];
    const ended = (rows[row + ROW.FLAGS] | rows[serverRow + ROW.FLAGS]) & IS.HUNG_UP;
    if (rows[serverRow + ROW.FLAGS] & IS.READABLE) this.#relay.pump(server);
    if (!this.#connections.alive(client, generation)) return;
    if (rows[row + ROW.FLAGS] & IS.READABLE && rows[row + ROW.STAGE] === STAGE.CLIENT) this.#relay.pump(client);
    if (ended) this.#hungUp(client, generation);
  }

  /** Something happened on one of a connection's sockets. */
  happened(fd: number, mask: number): void {
    const rows = this.#rows, row = fd * WIDTH, before = rows[row + ROW.FLAGS], flags = afterEvents(before, mask);
    rows[row + ROW.FLAGS] = flags;
    const generation = rows[row + ROW.GENERATION], come = flags & ~before;
    // Its peer goes on if it was waiting to send, and learns of a reset.
    if (come & (IS.WRITABLE | IS.BROKEN)) {
      this.#relay.happened(rows[row + ROW.PEER]);
      if (!this.#goesOn(fd, generation)) return;
    }
    if (rows[row + ROW.FLAGS] & IS.READABLE) this.#relay.happened(fd);
    // Not earlier: it may have been the second side to end, and then the connection is over.
    if (come & IS.HUNG_UP) this.#hungUp(fd, generation);
  }

  /** The deadline of a client's socket has passed: that of the idle timeout. */
  clientExpired(client: number): void {
    const end = this.#traffic.lastMoves[client] + this.#services.of(client).idleLimit;
    if (end > this.#timers.known) this.#timers.set(client, end - this.#timers.now());
    // The connection has something to move; this thread has just not got round to it.
    else if (this.#isQueued(client)) this.#timers.set(client, 1);
    else this.#ending.end(client, END.IDLE);
  }

  /** The deadline of a channel's socket has passed: that of a half-close. */
  channelExpired(server: number): void {
    if (this.#isQueued(server)) this.#timers.set(server, 1);
    else this.#halfClosed.deadlinePassed(server);
  }

  /** A connected side has ended its sending; by now the connection may be over. */
  #hungUp(fd: number, generation: number): void {
    if (this.#goesOn(fd, generation)) this.#halfClosed.begin(fd);
  }

  /** Whether the connection is still relayed. */
  #goesOn(fd: number, generation: number): boolean {
    return this.#connections.alive(fd, generation) && this.#rows[fd * WIDTH + ROW.STAGE] !== STAGE.CLOSING;
  }

  /** Whether one of the connection's sockets waits for its turn. */
  #isQueued(fd: number): boolean {
    const rows = this.#rows, row = fd * WIDTH, peerRow = rows[row + ROW.PEER] * WIDTH;
    return ((rows[row + ROW.FLAGS] | rows[peerRow + ROW.FLAGS]) & IS.QUEUED) !== 0;
  }
}
