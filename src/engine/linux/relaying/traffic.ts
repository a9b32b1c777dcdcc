import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { RecordKeeper } from "../thread/record_keeper.ts";
import type { ThreadServices } from "../thread/thread_services.ts";
import { NOW, type Timers } from "../thread/timers.ts";

/** Bytes that streams may move before the kernel is asked what else there is to do: half a millisecond or so. */
export const PORTION = 4 << 20;

/** What moves over a thread's connections: how much, and when something last did. */
export class Traffic {
  /** How many bytes of the portion are left. */
  left = PORTION;
  /**
   * When something last moved: by the client's descriptor if its idle time is limited, by the channel's if the
   * connection is half-closed. Only pages that are touched take memory.
   */
  readonly lastMoves: Float64Array;
  readonly #rows: Int32Array;
  readonly #timers: Timers;
  readonly #services: ThreadServices;
  readonly #records: RecordKeeper;

  constructor(connections: Connections, timers: Timers, services: ThreadServices, records: RecordKeeper) {
    this.lastMoves = new Float64Array(connections.capacity);
    this.#rows = connections.rows;
    this.#timers = timers;
    this.#services = services;
    this.#records = records;
  }

  /** The receiver's kernel has taken `bytes` from `source`. */
  moved(source: number, bytes: number): void {
    this.left -= bytes;
    const rows = this.#rows, row = source * WIDTH, channel = rows[row + ROW.CHANNEL], flags = rows[row + ROW.FLAGS];
    const { service, idleLimit } = this.#services.of(source), peer = rows[row + ROW.PEER];
    const fromClient = (flags & IS.CLIENT) !== 0;
    if (fromClient) {
      service.lane.sent(channel, bytes);
      this.#records.live.sent(peer, bytes);
    } else {
      service.lane.rcvd(channel, bytes);
      this.#records.rcvd(peer, source, service, channel, bytes);
    }
    if (flags & IS.HALF_CLOSED) this.touch(fromClient ? peer : source);
    if (idleLimit > 0) this.touch(fromClient ? source : peer);
  }

  /** Something has moved just now. */
  touch(fd: number): void {
    this.#timers.look();
    this.lastMoves[fd] = this.#timers.time[NOW];
  }
}
