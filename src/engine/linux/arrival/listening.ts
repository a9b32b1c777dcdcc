import type { Admission } from "./admission.ts";
import type { ThreadService } from "../thread/thread_service.ts";

/** What a thread does about a listening socket. */
export const ATTENDS = {
  /** Nothing: clients wait in the kernel's queue. */
  NO: 0,
  /** It is watched. */
  WATCHES: 1,
  /** It has clients, who wait for a seat. */
  WAITS: 2,
  /** It is watched again after a pause, because something is short. */
  RESTS: 3,
  /** It is watched again when it is time for the service's next client (`--rate`). */
  PACES: 4,
} as const;

/** A listening socket as one thread sees it. */
export class Listening {
  readonly fd: number;
  /** The port that its clients come to. */
  readonly port: number;
  readonly service: ThreadService;
  readonly generation: number;
  /** One of `ATTENDS`. */
  attends: number = ATTENDS.NO;
  /** Where it waits. */
  admission: Admission | undefined;
  /** The turn of the acceptor in which clients are reported that have waited until it was time. */
  late = 0;
  /** The turn since which they wait for that; 0 if they do not. */
  since = 0;
  /** Whether it has been counted that they wait. */
  counted = false;
  /** Clients to accept in the next turn: a guess that saves an accept that would find nobody. */
  burst = 1;

  constructor(fd: number, port: number, service: ThreadService, generation: number) {
    this.fd = fd;
    this.port = port;
    this.service = service;
    this.generation = generation;
  }
}

/** Sorts sockets so that those whose clients have waited longest until it is time come first, the others behind. */
export function byPatience(one: Listening, other: Listening): number {
  return (one.since || Number.MAX_SAFE_INTEGER) - (other.since || Number.MAX_SAFE_INTEGER);
}
