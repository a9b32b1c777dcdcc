import { MOST_BYTES, type Reception, STEP, type Step } from "../../reception.ts";
import { END, type EndNumber } from "../../../table/records/ends.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Backlog } from "../relaying/backlog.ts";
import { IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Dialer } from "../dialing/dialer.ts";
import type { Handles } from "../thread/handles.ts";
import type { PartingParts } from "./partings.ts";
import type { ReadyQueue } from "../thread/ready_queue.ts";
import type { RecordKeeper } from "../thread/record_keeper.ts";
import { Receptions } from "./receptions.ts";
import type { Room } from "./room.ts";
import { decodeHost, portOf, RESET_ON_CLOSE, setOption } from "../kernel/sockets.ts";
import { STAGE } from "../thread/stage.ts";
import type { ThreadService } from "../thread/thread_service.ts";
import type { ThreadServices } from "../thread/thread_services.ts";

const NO_BYTES = new Uint8Array(0);

/** The parts of a thread that letting clients in needs, and turning them away. */
export interface GreetingParts extends PartingParts {
  readonly backlog: Backlog;
  readonly ready: ReadyQueue;
  readonly services: ThreadServices;
  readonly room: Room;
  /** Of limits for each client. */
  readonly handles: Handles;
  readonly dialer: Dialer;
  readonly arrivals: Arrivals;
  readonly records: RecordKeeper;
}

/**
 * A thread's clients of services that ask something of them, from accept until a channel is looked for. One that may not
 * come in is closed before anything is kept about it; one that has to say something first is in the stage GREETING.
 *
 * Its bytes are peeked at and stay in the socket, all but a PROXY header. So its READABLE flag stays as well, and what
 * it has sent is relayed as soon as it has a channel, although the kernel has reported it and will not do so again.
 */
export class Greetings {
  readonly #parts: GreetingParts;
  readonly #rows: Int32Array;
  readonly #receptions = new Receptions();
  readonly #host = new Uint8Array(16);
  readonly #count = new Int32Array(1);

  constructor(parts: GreetingParts) {
    this.#parts = parts;
    this.#rows = parts.connections.rows;
  }

  /** A client has been accepted; see `AcceptorHost`. */
  accepted(client: number, address: Uint8Array, service: ThreadService, port: number): number {
    const { libc, room, handles, timers, arrivals, records } = this.#parts, reception = this.#receptions.next();
    decodeHost(address, this.#host);
    const step = reception.begin(service.terms.reception!, this.#host, portOf(address), port);
    if (step === STEP.REFUSED) {
      records.refused(service, this.#host, portOf(address), port, reception.objection!);
      if (reception.reset) setOption(libc, client, RESET_ON_CLOSE);
      libc.call.close(client);
      // It may be long before the next client comes, and the service may be gone by then.
      reception.forget();
      room.leave(service);
      return 0;
    }
    handles.set(client, reception.handle);
    const error = arrivals.open(client, service, STAGE.GREETING, reception.client, port);
    if (error !== 0) return reception.forget(), error;
    this.#rows[client * WIDTH + ROW.DIAL] = this.#receptions.take();
    if (step === STEP.MORE) timers.set(client, reception.time);
    else this.#admit(client, reception);
    return 0;
  }

  /** There are events for a client in the stage GREETING; its flags have been noted. */
  happened(client: number): void {
    const flags = this.#rows[client * WIDTH + ROW.FLAGS], reception = this.#of(client);
    if (flags & IS.BROKEN || (flags & IS.HUNG_UP && this.#parts.services.of(client).abortOnClose)) {
      return this.close(client, END.LEFT_EARLY);
    }
    // Its header is still the first that would be seen; `resumed` looks at what follows.
    if (reception.consume > 0) return;
    // With many small segments, only some are worth a look.
    if (flags & IS.HUNG_UP || (flags & IS.READABLE && this.#waits(client, reception.wanted))) {
      this.#look(client, reception);
    }
  }

  /** The rest of a PROXY header is still to be taken from a client. */
  resumed(client: number): void {
    this.#consume(client, this.#of(client));
  }

  /** The time of a client in the stage GREETING has passed. */
  expired(client: number): void {
    const reception = this.#of(client);
    if (reception.consume > 0) return this.#consume(client, reception);
    const bytes = this.#peek(client);
    if (bytes < 0 && bytes !== -ERRNO.EAGAIN) return this.close(client, END.LEFT_EARLY);
    const { buffer } = this.#parts.backlog;
    this.#goOn(client, reception, reception.expired(buffer.subarray(0, Math.max(bytes, 0))));
  }

  /** Closes a client in the stage GREETING, for this reason. */
  close(client: number, end: EndNumber): void {
    this.#release(client);
    this.#parts.ending.end(client, end);
  }

  /** Looks at what a client has sent. */
  #look(client: number, reception: Reception): void {
    const row = client * WIDTH, bytes = this.#peek(client);
    if (bytes === -ERRNO.EAGAIN) {
      // An event will tell of the next byte.
      this.#rows[row + ROW.FLAGS] &= ~IS.READABLE;
      return;
    }
    if (bytes < 0) return this.close(client, END.LEFT_EARLY);
    const ended = bytes === 0 || (this.#rows[row + ROW.FLAGS] & IS.HUNG_UP) !== 0;
    this.#goOn(client, reception, reception.look(this.#parts.backlog.buffer.subarray(0, bytes), ended));
  }

  /** Takes a PROXY header out of the stream. */
  #consume(client: number, reception: Reception): void {
    const { libc: { call }, backlog: { buffer }, timers, ready } = this.#parts;
    this.#rows[client * WIDTH + ROW.FLAGS] &= ~IS.FRESH;
    // It is there; but a read stops before an urgent byte, and at one it may fail while the process is being stopped.
    while (reception.consume > 0) {
      const n = call.recv(client, buffer, reception.consume, 0);
      if (n === -ERRNO.EAGAIN) return ready.push(client);
      if (n <= 0) return this.close(client, END.LEFT_EARLY);
      reception.consume -= n;
    }
    const step = reception.look(NO_BYTES, false);
    if (step !== STEP.MORE) return this.#goOn(client, reception, step);
    timers.set(client, reception.time);
    this.#look(client, reception);
  }

  /** The first bytes of a client, in the read buffer. Returns how many, or an error number below zero. */
  #peek(client: number): number {
    const { libc, backlog } = this.#parts;
    return libc.call.recv(client, backlog.buffer, MOST_BYTES, C.MSG_PEEK);
  }

  /** Whether so many bytes of a client have come. */
  #waits(client: number, wanted: number): boolean {
    if (wanted <= 1) return true;
    this.#count[0] = 0;
    this.#parts.libc.call.ioctl(client, C.FIONREAD, this.#count);
    return this.#count[0] >= wanted;
  }

  #goOn(client: number, reception: Reception, step: Step): void {
    const { handles, libc, backlog, arrivals, records } = this.#parts, { client: who, header, objection } = reception;
    if (step === STEP.MORE) return;
    handles.set(client, reception.handle);
    if (header?.source !== undefined && !records.live.hasPeer(client)) {
      records.live.speaksFor(client, who.address, who.port);
    }
    if (step === STEP.CONSUME) return this.#consume(client, reception);
    if (step === STEP.ADMITTED) return this.#admit(client, reception);
    if (objection === undefined) records.ended(client, END.LEFT_EARLY);
    else records.turnedAway(client, objection, who.greeting);
    const { farewell } = reception;
    if (farewell === undefined) {
      if (reception.reset) setOption(libc, client, RESET_ON_CLOSE);
      // A socket that is closed with bytes unread would be reset.
      else libc.call.recv(client, backlog.buffer, backlog.buffer.length, 0);
      this.#release(client);
      return this.#parts.ending.close(client);
    }
    this.#release(client);
    arrivals.partings!.begin(client, farewell);
  }

  #admit(client: number, reception: Reception): void {
    const { dialer } = this.#parts, place = dialer.prepare(), { client: who, header } = reception;
    place.address.set(who.address);
    place.port = who.port;
    const { localPort, greeting } = who;
    this.#release(client);
    dialer.begin(client, localPort, greeting, header);
  }

  #of(client: number): Reception {
    return this.#receptions.at(this.#rows[client * WIDTH + ROW.DIAL]);
  }

  /** The client leaves the stage GREETING. */
  #release(client: number): void {
    const at = client * WIDTH + ROW.DIAL;
    this.#parts.timers.clear(client);
    this.#receptions.giveBack(this.#rows[at]);
    this.#rows[at] = -1;
  }
}
