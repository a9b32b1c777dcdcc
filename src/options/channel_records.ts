import { MAX_CONNECTIONS_PER_CHANNEL, MAX_WEIGHT } from "../table/limits.ts";
import type { ChannelOptionRecord } from "./channel_record.ts";
import { choice } from "./kinds/choice.ts";
import { count } from "./kinds/count.ts";
import { flag } from "./kinds/flag.ts";
import { channelName, hostName } from "./kinds/name.ts";
import { PROXY_VERSIONS } from "./records/proxy.ts";

/**
 * Every option of a channel, by its name in the library, in the order in which words have them. Parser, texts, help,
 * the library's checks, `show json`, reload and upgrade all come from here.
 */
export const channelRecords = {
  /** Most simultaneous connections. Default 0, no limit. */
  maxc: {
    name: "maxc",
    kind: count({ least: 0, most: MAX_CONNECTIONS_PER_CHANNEL }),
    standard: 0,
    standardText: "none",
    positional: true,
    summary: "simultaneous connections (default: no limit)",
    more: "It may also be written after the port: host:80:100. 0 means no limit.",
  },
  /** Its share of the clients, relative to the other channels of its group: 0, none at all, to 256. Default 1. */
  weight: {
    name: "weight",
    kind: count({ least: 0, most: MAX_WEIGHT }),
    standard: 1,
    summary: `share of the clients, 0 to ${MAX_WEIGHT} (default 1)`,
    more: "A channel of weight 3 gets three times as many as one of weight 1. With 0 it gets no new connections.",
  },
  /** What operators call it. Unique in its service. Default: none. */
  name: {
    name: "name",
    kind: channelName(),
    summary: "its name for control commands",
    more: "No two channels of a service may have the same name.",
  },
  /** Whether the host stands for all its addresses, each of them a channel. Default false: for one of them. */
  all: {
    name: "all",
    kind: flag(),
    standard: false,
    ofWord: true,
    summary: "a channel for each address of the host",
    more: "The name is looked up again when its time to live ends. New addresses become channels, and channels whose " +
      "addresses are gone get no new connections.",
  },
  /** PROXY header that tells it who the client is: `off`, `v1` or `v2`. Default: that of its service. */
  proxy: {
    name: "proxy",
    kind: choice(PROXY_VERSIONS),
    standardText: "its service's",
    summary: "PROXY header that tells it who calls",
    more: "It goes before --proxy.",
  },
  /** `off`: it is not checked, whatever its service says. Default: it is. */
  check: {
    name: "check",
    kind: choice(["off"]),
    summary: "do not check whether it is alive",
  },
  /** Port that its health checks connect to. Default: its own. */
  checkPort: {
    name: "check-port",
    kind: count({ metavar: "PORT", most: 65535 }),
    standardText: "its port",
    summary: "port that its health checks connect to",
  },
  /** Host name that HTTP and TLS checks send. Default: its host. */
  checkHost: {
    name: "check-host",
    kind: hostName(),
    standardText: "its host",
    summary: "host name that HTTP and TLS checks send",
    more: "It is the Host of HTTP and the server name of TLS. The check still connects to the channel's address.",
  },
} as const satisfies Readonly<Record<string, ChannelOptionRecord>>;

/** Name of a channel's option in the library. */
export type ChannelKey = keyof typeof channelRecords;

/** All of them, as a list. */
export const channelRecordList: readonly (readonly [key: ChannelKey, record: ChannelOptionRecord])[] = Object.entries(
  channelRecords,
) as readonly [ChannelKey, ChannelOptionRecord][];
