import { type ChannelId, NONE } from "../../../table/channel_id.ts";
import type { ConnectionEndpoint, ConnectionStage, OpenConnection } from "../../engine.ts";
import { ROLE } from "../shared/live_roles.ts";
import { type LiveConnection, LiveRows } from "../shared/live_rows.ts";

/** Stages by role. */
const STAGES: Readonly<Record<number, ConnectionStage>> = {
  [ROLE.GREETING]: "greeting",
  [ROLE.WAITING]: "waiting",
  [ROLE.CONNECTING]: "connecting",
  [ROLE.ESTABLISHED]: "established",
};

/** Readings of a connection that changes meanwhile. */
const READINGS = 3;

/** The connections of all threads, as main sees them. Nobody notices that it looks. */
export class LiveConnections {
  readonly rows: LiveRows;
  readonly #owners: Uint8Array;
  /** When the oldest connection of each service's channels was accepted, while this is asked of one after the other. */
  #oldest: Map<number, Map<ChannelId, number>> | undefined;

  /** @param owners one byte for each descriptor, 0 if no thread has it */
  constructor(owners: SharedArrayBuffer) {
    this.#owners = new Uint8Array(owners);
    this.rows = LiveRows.create(owners.byteLength);
  }

  /** A service's connections that have not ended when it is their turn. */
  *open(service: number): Iterable<OpenConnection> {
    for (const client of this.#clients(service)) {
      const connection = this.#read(client, service);
      if (connection !== undefined) yield connection;
    }
  }

  /** When the oldest connection of each channel of a service was accepted. */
  oldest(service: number): ReadonlyMap<ChannelId, number> {
    if (this.#oldest === undefined) {
      this.#oldest = this.#findOldest();
      // Whoever asks this of one service asks it of all others, and each look takes as long as one at all.
      queueMicrotask(() => this.#oldest = undefined);
    }
    return this.#oldest.get(service) ?? new Map();
  }

  /** Which of a service's connections have these ids. */
  find(service: number, ids: ReadonlySet<number>): LiveConnection[] {
    const found: LiveConnection[] = [];
    for (const fd of this.#clients(service)) {
      const id = this.rows.idOf(fd);
      if (ids.has(id)) found.push({ fd, id });
    }
    return found;
  }

  /** The connections that are established with a channel, the oldest first. */
  with(service: number, channel: ChannelId): LiveConnection[] {
    const { rows } = this, found: (LiveConnection & { readonly since: number })[] = [];
    for (let fd = 0; fd < this.#owners.length; fd++) {
      if (this.#owners[fd] === 0) continue;
      const role = rows.roleOf(fd), isClient = role === ROLE.ESTABLISHED;
      if (!isClient && role !== ROLE.REMAINS || rows.serviceOf(fd) !== service) continue;
      const server = isClient ? rows.channelSocketOf(fd) : fd;
      if (rows.channelOf(server) !== channel) continue;
      const since = isClient ? rows.connectedOf(fd, server) : rows.remainsSince(fd);
      found.push({ fd, id: rows.idOf(fd), since });
    }
    return found.sort((one, other) => one.since - other.since);
  }

  /** The clients of a thread whose connections have not ended, of all services. */
  *ofThread(thread: number): Iterable<number> {
    for (let fd = 0; fd < this.#owners.length; fd++) {
      if (this.#owners[fd] === thread + 1 && STAGES[this.rows.roleOf(fd)] !== undefined) yield fd;
    }
  }

  #findOldest(): Map<number, Map<ChannelId, number>> {
    const { rows } = this, all = new Map<number, Map<ChannelId, number>>();
    // No generator: there may be hundreds of thousands.
    for (let fd = 0; fd < this.#owners.length; fd++) {
      if (this.#owners[fd] === 0 || STAGES[rows.roleOf(fd)] === undefined) continue;
      const server = rows.channelSocketOf(fd), service = rows.serviceOf(fd);
      if (server === 0) continue;
      let oldest = all.get(service);
      if (oldest === undefined) all.set(service, oldest = new Map());
      const channel = rows.channelOf(server), accepted = rows.acceptedOf(fd), before = oldest.get(channel);
      if (before === undefined || accepted < before) oldest.set(channel, accepted);
    }
    return all;
  }

  *#clients(service: number): Iterable<number> {
    for (let fd = 0; fd < this.#owners.length; fd++) {
      if (this.#owners[fd] === 0 || STAGES[this.rows.roleOf(fd)] === undefined) continue;
      if (this.rows.serviceOf(fd) === service) yield fd;
    }
  }

  /** A connection, unless it has ended or changes all the time. */
  #read(client: number, service: number): OpenConnection | undefined {
    const { rows } = this;
    for (let i = 0; i < READINGS; i++) {
      const state = rows.stateOf(client), id = rows.idOf(client), stage = STAGES[rows.roleOf(client)];
      if (stage === undefined || rows.serviceOf(client) !== service) return undefined;
      const connection = { id, stage, ...this.#clientOf(client), ...this.#channelOf(client) };
      if (rows.idOf(client) === id && rows.stateOf(client) === state) return connection;
    }
    return undefined;
  }

  #clientOf(client: number) {
    const { rows } = this, address = new Uint8Array(16);
    rows.copyHost(client, address);
    return {
      client: { address, port: rows.portOf(client) },
      ...rows.hasPeer(client) && { peer: this.#peerOf(client) },
      localPort: rows.localPortOf(client),
      accepted: rows.acceptedOf(client),
    };
  }

  #peerOf(client: number): ConnectionEndpoint {
    const address = new Uint8Array(16), port = this.rows.copyPeer(client, address);
    return { address, port };
  }

  #channelOf(client: number) {
    const { rows } = this, server = rows.channelSocketOf(client);
    if (server === 0) {
      return { channel: NONE, connected: -1, queueMs: -1, connectMs: -1, firstByteMs: -1, up: 0, down: 0 };
    }
    return {
      channel: rows.channelOf(server),
      connected: rows.connectedOf(client, server),
      queueMs: rows.queueMsOf(server),
      connectMs: rows.connectMsOf(server),
      firstByteMs: rows.firstByteMsOf(server),
      up: rows.upOf(server),
      down: rows.downOf(server),
    };
  }
}
