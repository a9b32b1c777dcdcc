import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import type { ChannelId } from "../table/channel_id.ts";
import type { StickyEntry } from "../table/sticky/sticky.ts";

/** Clients that come back to their channels, as plain data, which works with JSON. */
export interface StickyState {
  readonly version: 1;
  /** The channels that they have. */
  readonly channels: readonly StickyChannel[];
  /**
   * The clients in base64, 16 bytes for each, numbers in network byte order: the address (two 32-bit words, see
   * `client_key.ts`), the place of its channel in `channels`, and the hundredths of a second since it was last used.
   */
  readonly clients: string;
}

/** A channel, as another process knows it. */
export interface StickyChannel {
  readonly group: number;
  readonly host: string;
  readonly port: number;
}

/** A client, as another process has handed it over. */
export interface HandedClient {
  readonly high: number;
  readonly low: number;
  /** Place of its channel in the list. */
  readonly channel: number;
  /** Seconds since it was last used. */
  readonly idle: number;
}

/** Most clients that are handed over, those used last: 5.6 MB of text. */
const MOST_CLIENTS = 2 ** 18;

/** Bytes of a client. */
const CLIENT = 16;

/** Most characters of a host that is read. */
const LONGEST_HOST = 1024;

/** @param channelOf what a channel is called */
export function writeStickyState(
  entries: readonly StickyEntry[],
  channelOf: (id: ChannelId) => StickyChannel,
): StickyState {
  const idleOf = ({ connections, idle }: StickyEntry) => connections > 0 ? 0 : idle;
  const latest = entries.length <= MOST_CLIENTS
    ? entries
    : entries.toSorted((a, b) => idleOf(a) - idleOf(b)).slice(0, MOST_CLIENTS);
  const bytes = new Uint8Array(latest.length * CLIENT), view = new DataView(bytes.buffer);
  const places = new Map<ChannelId, number>();
  // In the order of their ids, so that of identical channels each stays itself.
  const ids = [...new Set(latest.map(({ channel }) => channel))].sort((a, b) => a - b);
  for (const id of ids) places.set(id, places.size);
  latest.forEach((entry, i) => {
    view.setInt32(i * CLIENT, entry.high);
    view.setInt32(i * CLIENT + 4, entry.low);
    view.setUint32(i * CLIENT + 8, places.get(entry.channel)!);
    view.setUint32(i * CLIENT + 12, Math.round(idleOf(entry) * 100));
  });
  return { version: 1, channels: ids.map(channelOf), clients: bytes.toBase64() };
}

/**
 * Checks a state that another version of the program may have written. What this version does not know is left out.
 *
 * @throws {TypeError} naming what is wrong
 */
export function readStickyState(value: unknown): {
  readonly channels: readonly StickyChannel[];
  readonly clients: readonly HandedClient[];
} {
  const { version, channels, clients } = (value ?? {}) as Record<keyof StickyState, unknown>;
  if (version !== 1) throw new TypeError("Cannot restore sticky clients: their version is not 1");
  if (!Array.isArray(channels) || channels.length > MAX_GROUPS * MAX_CHANNELS || !channels.every(isChannel)) {
    throw new TypeError("Cannot restore sticky clients: channels is no list of group, host and port");
  }
  return { channels, clients: readClients(clients, channels.length) };
}

function readClients(text: unknown, channels: number): HandedClient[] {
  const wrong = new TypeError("Cannot restore sticky clients: clients is not what it should be in base64");
  if (typeof text !== "string" || text.length > Math.ceil(MOST_CLIENTS * CLIENT / 3) * 4) throw wrong;
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(text);
  } catch {
    throw wrong;
  }
  if (bytes.length % CLIENT !== 0) throw wrong;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / CLIENT }, (_, i) => {
    const at = i * CLIENT, channel = view.getUint32(at + 8);
    if (channel >= channels) throw wrong;
    return { high: view.getInt32(at), low: view.getInt32(at + 4), channel, idle: view.getUint32(at + 12) / 100 };
  });
}

function isChannel(value: unknown): value is StickyChannel {
  if (typeof value !== "object" || value === null) return false;
  const { group, host, port } = value as Record<keyof StickyChannel, unknown>;
  return isWhole(group, MAX_GROUPS - 1) && typeof host === "string" && host.length <= LONGEST_HOST &&
    isWhole(port, 65535);
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && value as number >= 0 && value as number <= most;
}
