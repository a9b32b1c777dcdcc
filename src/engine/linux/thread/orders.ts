import type { Strategy } from "../../../selection/strategy.ts";
import type { ChannelId } from "../../../table/channel_id.ts";
import type { ServiceSettings } from "../../engine.ts";
import { listBytes, sharedBytes, UnusedMemory } from "../../unused_memory.ts";
import type { Acceptor } from "../arrival/acceptor.ts";
import type { Arrivals } from "../arrival/arrivals.ts";
import type { Calls } from "./calls.ts";
import { type Connections, ROW, WIDTH } from "./connections.ts";
import type { Dialer } from "../dialing/dialer.ts";
import type { LiveRows } from "../shared/live_rows.ts";
import type { GreetingParts } from "../arrival/greetings.ts";
import type { Inbox } from "./inbox.ts";
import type { Libc } from "../kernel/libc.ts";
import type { Order, ServiceShare, ThreadMessage } from "../shared/messages.ts";
import type { SharedState } from "../shared/shared_state.ts";
import { STAGE, type Stage } from "./stage.ts";
import { usesIntake } from "../../asks_clients.ts";
import type { Intake } from "./terms.ts";
import { ThreadService } from "./thread_service.ts";
import type { ThreadServices } from "./thread_services.ts";
import type { Timers } from "./timers.ts";

/** The parts of a thread that main's orders concern. */
export interface OrderParts {
  readonly thread: number;
  readonly libc: Libc;
  readonly state: SharedState;
  readonly inbox: Inbox;
  readonly timers: Timers;
  readonly services: ThreadServices;
  readonly connections: Connections;
  readonly live: LiveRows;
  readonly acceptor: Acceptor;
  readonly dialer: Dialer;
  readonly calls: Calls;
  readonly stages: readonly Stage[];
  readonly arrivals: Arrivals;
  readonly greetingParts: GreetingParts;
  /** All strategies, if there are others than the built-in ones. */
  readonly strategies: readonly Strategy[] | undefined;
  readonly post: (message: ThreadMessage) => void;
}

/** Follows the orders that main sends a thread. */
export class Orders {
  /** Whether the next order cannot be followed before `equip` has been called. */
  wantsIntake = false;
  readonly #parts: OrderParts;
  readonly #unused: UnusedMemory;
  /** What is needed for services that ask something of their clients; not loaded before there is one. */
  #intake: Intake | undefined;

  constructor(parts: OrderParts) {
    this.#parts = parts;
    this.#unused = new UnusedMemory(parts.thread / parts.state.threads);
  }

  /** Follows those that have come, and acknowledges them. */
  take(): void {
    const { inbox, post } = this.#parts, before = inbox.taken;
    for (let order = inbox.next(); order !== undefined; order = inbox.next()) {
      if (this.#intake === undefined && asksMore(order)) {
        inbox.putBack(order);
        this.wantsIntake = true;
        break;
      }
      this.#follow(order);
    }
    if (inbox.taken !== before) post({ type: "done", orders: inbox.taken });
  }

  /** Gives the thread what it needs for services that ask something of their clients. */
  equip(intake: Intake): void {
    const { arrivals, greetingParts, services } = this.#parts;
    this.#intake = intake;
    this.wantsIntake = false;
    arrivals.greetings = new intake.Greetings(greetingParts);
    arrivals.partings = new intake.Partings(greetingParts);
    for (const service of services.all()) service.intake = intake;
  }

  #follow(order: Order): void {
    const { services, acceptor } = this.#parts;
    switch (order.type) {
      case "serve":
        return this.serve(order.service);
      case "change":
        return this.#change(services.get(order.id), order.settings, order.queue);
      case "watch":
        return acceptor.add(order.socket, services.get(order.id)!);
      case "move":
        acceptor.remove(order.socket.fd);
        return acceptor.add(order.socket, services.get(order.id)!);
      case "recheck":
        return acceptor.recheck();
      case "unwatch":
        return acceptor.remove(order.fd);
      case "divert":
        return this.#divert(order.id, order.channel);
      case "close":
        return this.#close(order);
      case "forget":
        return this.#forget(order.id);
    }
  }

  /** Serves one more service. */
  serve(share: ServiceShare): void {
    const { libc, thread, state: { threads }, timers, services, calls, acceptor, post } = this.#parts;
    const own = { ...share, settings: this.#own(share.settings) };
    const service = new ThreadService(libc, thread, threads, own, post, this.#intake, timers);
    services.add(service);
    if (share.queue !== undefined) calls.add(service, share.queue);
    for (const socket of share.sockets) acceptor.add(socket, service);
  }

  #change(service: ThreadService | undefined, settings: ServiceSettings, queue: SharedArrayBuffer | undefined): void {
    if (service === undefined) return;
    if (queue !== undefined) this.#parts.calls.add(service, queue);
    this.#unused.add(listBytes(service.terms.settings));
    service.change(this.#own(settings));
    this.#parts.acceptor.paceChanged(service);
  }

  /** Settings with the thread's own strategies, which could not be sent. */
  #own(settings: ServiceSettings): ServiceSettings {
    const { strategies } = this.#parts;
    return strategies === undefined ? settings : { ...settings, strategies };
  }

  #forget(id: number): void {
    const { services, calls } = this.#parts, service = services.get(id);
    services.remove(id);
    if (service === undefined) return;
    calls.remove(service);
    this.#unused.add(sharedBytes(service.table, service.terms.settings));
  }

  /** A channel has perhaps been disabled; clients for whom it is being connected then get another one. */
  #divert(id: number, channel: ChannelId): void {
    const { services, connections, dialer } = this.#parts;
    if (services.get(id)?.table.disabledBy(channel) === 0) return;
    connections.forEach((fd, stage) => {
      if (stage === STAGE.CONNECTING && services.of(fd).service.id === id) dialer.divert(fd, channel);
    });
  }

  #close({ connections, end, request }: Extract<Order, { type: "close" }>): void {
    const { connections: own, live, stages, post } = this.#parts, { rows } = own;
    let count = 0;
    for (const connection of connections) {
      const { fd } = connection;
      if (!own.owns(fd) || !live.has(connection)) continue;
      stages[rows[fd * WIDTH + ROW.STAGE]].closed(fd, end);
      count++;
    }
    if (count > 0) post({ type: "closed", request, count });
  }
}

/** Whether a service is to ask something of its clients from now on. */
function asksMore(order: Order): boolean {
  if (order.type === "serve") return usesIntake(order.service.settings);
  return order.type === "change" && usesIntake(order.settings);
}
