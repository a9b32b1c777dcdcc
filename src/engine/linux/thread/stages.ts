import type { Acceptor } from "../arrival/acceptor.ts";
import type { Arrivals } from "../arrival/arrivals.ts";
import { C } from "../kernel/abi.ts";
import { type Connections, IS, ROW, WIDTH } from "./connections.ts";
import type { Dialer } from "../dialing/dialer.ts";
import type { Ending } from "../relaying/ending.ts";
import { afterEvents } from "../relaying/readiness.ts";
import type { Relay } from "../relaying/relay.ts";
import type { Relaying } from "../relaying/relaying.ts";
import { STAGE, type Stage } from "./stage.ts";
import type { ThreadServices } from "./thread_services.ts";

/** The parts that act on a thread's descriptors. */
export interface Parts {
  readonly connections: Connections;
  readonly acceptor: Acceptor;
  readonly arrivals: Arrivals;
  readonly dialer: Dialer;
  readonly relay: Relay;
  readonly relaying: Relaying;
  readonly ending: Ending;
  /** Main has woken the thread. */
  readonly woken: () => void;
  readonly services: ThreadServices;
}

/** What a thread does in each stage of a descriptor, by `STAGE`. */
export function stagesOf(parts: Parts): readonly Stage[] {
  const { connections, acceptor, arrivals, dialer, relay, relaying, ending, woken, services } = parts;
  const { rows } = connections, nothing = () => {};
  /** Notes events in the socket's flags and returns these. */
  const noted = (fd: number, mask: number) => {
    const at = fd * WIDTH + ROW.FLAGS;
    return rows[at] = afterEvents(rows[at], mask);
  };
  const idle: Stage = { happened: nothing, resumed: nothing, expired: nothing, closed: nothing };
  const searching: Stage = {
    ...idle,
    happened(client, mask) {
      const flags = noted(client, mask);
      if (!(flags & IS.BROKEN || (flags & IS.HUNG_UP && services.of(client).abortOnClose))) return;
      dialer.clientLeft(client);
      ending.close(client);
    },
    closed(client, end) {
      dialer.abandon(client, end);
      ending.close(client);
    },
  };
  const relayed: Stage = {
    happened: (fd, mask) => relaying.happened(fd, mask),
    resumed: (fd) => relay.pump(fd),
    expired: (fd) => relaying.clientExpired(fd),
    closed: (fd, end) => ending.end(fd, end),
  };
  const stages: Record<keyof typeof STAGE, Stage> = {
    NONE: idle,
    WAKE: { ...idle, happened: woken },
    LISTENING: { ...idle, happened: (fd) => acceptor.clientsWait(fd), expired: (fd) => acceptor.rested(fd) },
    CONNECTING: { ...searching, expired: (client) => dialer.timeout(client) },
    WAITING: { ...searching, expired: (client) => dialer.retry(client) },
    ANSWERING: {
      ...idle,
      happened(server, mask) {
        // An error is the connect's.
        noted(server, mask & ~C.EPOLLERR);
        dialer.answered(server, mask);
      },
    },
    CLIENT: relayed,
    // The client closes both.
    CHANNEL: { ...relayed, expired: (fd) => relaying.channelExpired(fd), closed: nothing },
    CLOSING: {
      happened(fd, mask) {
        if (noted(fd, mask) & IS.BROKEN) ending.close(fd);
        else ending.discard(fd);
      },
      resumed: (fd) => ending.discard(fd),
      expired: (fd) => ending.resetWhenDrained(fd),
      closed: (fd) => ending.close(fd),
    },
    GREETING: {
      happened(client, mask) {
        noted(client, mask);
        arrivals.greetings!.happened(client);
      },
      resumed: (client) => arrivals.greetings!.resumed(client),
      expired: (client) => arrivals.greetings!.expired(client),
      closed: (client, end) => arrivals.greetings!.close(client, end),
    },
    PARTING: {
      happened(client, mask) {
        if (noted(client, mask) & IS.BROKEN) ending.close(client);
        else arrivals.partings!.drain(client);
      },
      resumed: (client) => arrivals.partings!.drain(client),
      expired: (client) => ending.close(client),
      closed: (client) => ending.close(client),
    },
  };
  return Object.keys(STAGE).map((name) => stages[name as keyof typeof STAGE]);
}
