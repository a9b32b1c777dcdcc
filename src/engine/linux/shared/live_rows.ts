import { isMapped } from "../../../table/address.ts";
import type { ChannelId } from "../../../table/channel_id.ts";
import { coded, decoded } from "./coded_time.ts";
import { isListed, ROLE } from "./live_roles.ts";

/**
 * Bytes of a row: two doubles, then words (32 bits) and floats. A connection has two rows, the client's and the
 * channel's, and what is known of it is divided between them. TAG is the same in all: the role; above it in a client's
 * row the descriptor of the channel, in the channel's row its id and the time in the queue.
 */
const BYTES = 32, DOUBLES = BYTES / 8, WORDS = BYTES / 4, TAG = 5;

const CLIENT = { ID: 0, ACCEPTED: 1, SERVICE: 4, IPV4: 6, PORTS: 7 } as const;
const CHANNEL = { UP: 0, DOWN: 1, FIRST_BYTE: 4, CONNECT: 6, CONNECTED: 7 } as const;
const REMAINS = { ID: 0, CONNECTED: 1, SERVICE: 4 } as const;

/** Parts of a TAG. */
const ROLES = 0xf, IPV6 = 1 << 4, SPEAKS_FOR = 1 << 5, LINK = 8, ID = 4, QUEUE = 16, CHANNEL_MASK = 0xfff;

/** Bytes of a peer: address and port. */
const PEER = 18;

/** A connection, by the descriptor that stands for it. Later, the descriptor may be closed or another one's. */
export interface LiveConnection {
  readonly fd: number;
  readonly id: number;
}

/**
 * The connections of all threads, by descriptor, in memory that threads share with main. A thread writes where its own
 * descriptors are; nobody waits for anybody. Who reads at the same time looks at the id before and after, and may still
 * see what is just ending, so the descriptor's thread has the last word. Only pages that are touched take memory; so
 * what few clients have lies apart.
 */
export class LiveRows {
  readonly buffer: SharedArrayBuffer;
  readonly #doubles: Float64Array;
  readonly #floats: Float32Array;
  readonly #words: Uint32Array;
  /** Addresses of IPv6 clients. */
  readonly #hosts: Uint8Array;
  /** Peers that speak for a client. */
  readonly #peers: Uint8Array;

  private constructor(buffer: SharedArrayBuffer) {
    const descriptors = buffer.byteLength / (BYTES + 16 + PEER);
    this.buffer = buffer;
    this.#doubles = new Float64Array(buffer, 0, descriptors * DOUBLES);
    this.#floats = new Float32Array(buffer, 0, descriptors * WORDS);
    this.#words = new Uint32Array(buffer, 0, descriptors * WORDS);
    this.#hosts = new Uint8Array(buffer, descriptors * BYTES, descriptors * 16);
    this.#peers = new Uint8Array(buffer, descriptors * (BYTES + 16), descriptors * PEER);
  }

  /** @param descriptors descriptors are below this, and that below 2^20 */
  static create(descriptors: number): LiveRows {
    return new LiveRows(new SharedArrayBuffer(descriptors * (BYTES + 16 + PEER)));
  }

  static attach(buffer: SharedArrayBuffer): LiveRows {
    return new LiveRows(buffer);
  }

  /**
   * A client has been accepted.
   *
   * @param birth its id, and when it was accepted (ms)
   * @param service the service's number
   * @param host sixteen address bytes of the socket's peer
   * @param localPort the port that it came to
   */
  begin(
    client: number,
    birth: ArrayLike<number>,
    service: number,
    role: number,
    host: Uint8Array,
    port: number,
    localPort: number,
  ): void {
    const words = this.#words, at = client * WORDS;
    words[at + TAG] = ROLE.NONE;
    this.#doubles[client * DOUBLES + CLIENT.ID] = birth[0];
    this.#doubles[client * DOUBLES + CLIENT.ACCEPTED] = birth[1];
    words[at + CLIENT.SERVICE] = service;
    words[at + CLIENT.PORTS] = localPort;
    words[at + TAG] = role | this.#setClient(client, host, port);
  }

  /** The client's PROXY header has named another: it is the client from now on, and the socket's peer speaks for it. */
  speaksFor(client: number, host: Uint8Array, port: number): void {
    const peers = this.#peers, at = client * PEER, tag = client * WORDS + TAG, before = this.portOf(client);
    this.copyHost(client, peers, at);
    peers[at + 16] = before >> 8;
    peers[at + 17] = before & 0xff;
    this.#words[tag] = this.#words[tag] & ~IPV6 | SPEAKS_FOR | this.#setClient(client, host, port);
  }

  /** The client waits for a channel. */
  waits(client: number): void {
    this.#turn(client, ROLE.WAITING, 0);
  }

  /** This socket is being connected to a channel for the client. @param queueMs that it waited in the queue; -1: it did not */
  connects(client: number, server: number, channel: ChannelId, queueMs: number): void {
    const floats = this.#floats, at = server * WORDS;
    this.#doubles[server * DOUBLES + CHANNEL.UP] = this.#doubles[server * DOUBLES + CHANNEL.DOWN] = 0;
    floats[at + CHANNEL.FIRST_BYTE] = floats[at + CHANNEL.CONNECT] = floats[at + CHANNEL.CONNECTED] = -1;
    this.#words[at + TAG] = ROLE.CHANNEL | channel << ID | coded(queueMs) << QUEUE;
    this.#turn(client, ROLE.CONNECTING, server);
  }

  /** They are connected. @param times of the connect @param time of a clock */
  establish(
    client: number,
    server: number,
    times: { readonly connectMs: number },
    time: ArrayLike<number>,
  ): void {
    this.#floats[server * WORDS + CHANNEL.CONNECT] = times.connectMs;
    this.#floats[server * WORDS + CHANNEL.CONNECTED] = time[0] - this.#doubles[client * DOUBLES + CLIENT.ACCEPTED];
    this.#turn(client, ROLE.ESTABLISHED, server);
  }

  /** Bytes have been sent to the channel. */
  sent(server: number, bytes: number): void {
    this.#doubles[server * DOUBLES + CHANNEL.UP] += bytes;
  }

  /** Bytes of the channel have been sent to the client. @returns whether they were the first */
  rcvd(server: number, bytes: number): boolean {
    const at = server * DOUBLES + CHANNEL.DOWN, before = this.#doubles[at];
    this.#doubles[at] = before + bytes;
    return before === 0;
  }

  /**
   * The channel's first bytes have been sent to the client.
   *
   * @param time of a clock
   * @param ms gets how long that was since both were connected
   */
  firstByte(client: number, server: number, time: ArrayLike<number>, ms: Float64Array): void {
    const floats = this.#floats, at = server * WORDS, accepted = this.#doubles[client * DOUBLES + CLIENT.ACCEPTED];
    // When it was connected is known to 24 bits only, and may seem to be later.
    ms[0] = floats[at + CHANNEL.FIRST_BYTE] = Math.max(0, time[0] - accepted - floats[at + CHANNEL.CONNECTED]);
  }

  /** The connection is over, and the record of it is written. */
  over(client: number): void {
    this.#turn(client, ROLE.OVER, this.channelSocketOf(client));
  }

  /** The connection is over and the client's socket is about to be closed; the channel's is not. */
  remains(client: number, server: number): void {
    const words = this.#words, id = this.idOf(client), service = this.serviceOf(client);
    const connected = this.connectedOf(client, server), channel = this.channelOf(server);
    words[server * WORDS + TAG] = ROLE.NONE;
    this.#doubles[server * DOUBLES + REMAINS.ID] = id;
    this.#doubles[server * DOUBLES + REMAINS.CONNECTED] = connected;
    words[server * WORDS + REMAINS.SERVICE] = service;
    words[server * WORDS + TAG] = ROLE.REMAINS | channel << ID;
  }

  /** The descriptor is about to be closed. */
  end(fd: number): void {
    this.#words[fd * WORDS + TAG] = ROLE.NONE;
  }

  /** What changes whenever a client's connection gets into another stage, or another channel is connected for it. */
  stateOf(client: number): number {
    return this.#words[client * WORDS + TAG];
  }

  /** One of `ROLE`. */
  roleOf(fd: number): number {
    return this.#words[fd * WORDS + TAG] & ROLES;
  }

  /** The id of the connection that the descriptor stands for: a client's, or what remains. */
  idOf(fd: number): number {
    return this.#doubles[fd * DOUBLES + CLIENT.ID];
  }

  /** The number of its service. */
  serviceOf(fd: number): number {
    return this.#words[fd * WORDS + CLIENT.SERVICE];
  }

  acceptedOf(client: number): number {
    return this.#doubles[client * DOUBLES + CLIENT.ACCEPTED];
  }

  portOf(client: number): number {
    return this.#words[client * WORDS + CLIENT.PORTS] >>> 16;
  }

  localPortOf(client: number): number {
    return this.#words[client * WORDS + CLIENT.PORTS] & 0xffff;
  }

  /** The descriptor of its channel's socket; 0 while there is none. */
  channelSocketOf(client: number): number {
    return this.#words[client * WORDS + TAG] >>> LINK;
  }

  /** Writes the client's sixteen address bytes. */
  copyHost(client: number, into: Uint8Array, at = 0): void {
    if (this.#words[client * WORDS + TAG] & IPV6) {
      for (let i = 0; i < 16; i++) into[at + i] = this.#hosts[client * 16 + i];
      return;
    }
    const word = this.#words[client * WORDS + CLIENT.IPV4];
    for (let i = 0; i < 10; i++) into[at + i] = 0;
    into[at + 10] = into[at + 11] = 0xff;
    for (let i = 0; i < 4; i++) into[at + 12 + i] = word >>> (24 - 8 * i) & 0xff;
  }

  /** Whether another one has named the client, in a PROXY header. */
  hasPeer(client: number): boolean {
    return (this.#words[client * WORDS + TAG] & SPEAKS_FOR) !== 0;
  }

  /** Writes the sixteen address bytes of the one that has. @returns its port */
  copyPeer(client: number, into: Uint8Array): number {
    const peers = this.#peers, at = client * PEER;
    for (let i = 0; i < 16; i++) into[i] = peers[at + i];
    return peers[at + 16] << 8 | peers[at + 17];
  }

  /** The channel of a channel's socket, or of what remains. */
  channelOf(server: number): ChannelId {
    return this.#words[server * WORDS + TAG] >>> ID & CHANNEL_MASK;
  }

  /** Bytes from the client to the channel. */
  upOf(server: number): number {
    return this.#doubles[server * DOUBLES + CHANNEL.UP];
  }

  /** Bytes from the channel to the client. */
  downOf(server: number): number {
    return this.#doubles[server * DOUBLES + CHANNEL.DOWN];
  }

  /** Milliseconds in the queue, to a thousandth of them; -1 if the client was never there. */
  queueMsOf(server: number): number {
    return decoded(this.#words[server * WORDS + TAG] >>> QUEUE);
  }

  /** Milliseconds that the connect took; -1 before. */
  connectMsOf(server: number): number {
    return this.#floats[server * WORDS + CHANNEL.CONNECT];
  }

  /** Milliseconds from then to the channel's first byte; -1 before. */
  firstByteMsOf(server: number): number {
    return this.#floats[server * WORDS + CHANNEL.FIRST_BYTE];
  }

  /** When both were connected; -1 before. */
  connectedOf(client: number, server: number): number {
    const after = this.#floats[server * WORDS + CHANNEL.CONNECTED];
    return after < 0 ? -1 : this.acceptedOf(client) + after;
  }

  /** When what remains was connected. */
  remainsSince(server: number): number {
    return this.#doubles[server * DOUBLES + REMAINS.CONNECTED];
  }

  /** Whether the descriptor still stands for this connection. */
  has({ fd, id }: LiveConnection): boolean {
    return isListed(this.roleOf(fd)) && this.idOf(fd) === id;
  }

  #turn(client: number, role: number, server: number): void {
    const at = client * WORDS + TAG;
    this.#words[at] = this.#words[at] & (IPV6 | SPEAKS_FOR) | role | server << LINK;
  }

  /** @returns the bits of the TAG that say where the address is */
  #setClient(client: number, host: Uint8Array, port: number): number {
    const words = this.#words, at = client * WORDS;
    words[at + CLIENT.PORTS] = port << 16 | words[at + CLIENT.PORTS] & 0xffff;
    if (isMapped(host)) {
      words[at + CLIENT.IPV4] = host[12] << 24 | host[13] << 16 | host[14] << 8 | host[15];
      return 0;
    }
    for (let i = 0; i < 16; i++) this.#hosts[client * 16 + i] = host[i];
    return IPV6;
  }
}
