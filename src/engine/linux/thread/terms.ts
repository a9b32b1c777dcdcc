import { Selection } from "../../../selection/selection.ts";
import { parseHost } from "../../../table/address.ts";
import type { ServiceSettings } from "../../engine.ts";
import type { ReceptionTerms } from "../../reception.ts";
import { standardVersion, type Version } from "../../header_version.ts";
import type { Prelude } from "../../prelude.ts";
import { encodeAddress, sideOptions, type SocketOption } from "../kernel/sockets.ts";
import type { ThreadService } from "./thread_service.ts";

/**
 * Standard probes. When a peer has closed its socket, its kernel forgets it after tcp_fin_timeout, 60 s (tcp(7)), and
 * then answers a probe with a reset. If the peer has only shut down its sending side, its kernel acknowledges the
 * probe.
 */
const PROBES = { after: 60, every: 75 };

/** The modules that a thread needs where clients are asked for something before they are served. */
export type Intake = typeof import("../arrival/intake.ts");

/** What applies to all clients that a thread has accepted for a service with the same settings. */
export class Terms {
  readonly service: ThreadService;
  readonly settings: ServiceSettings;
  readonly selection: Selection;
  /** Milliseconds a connection may be idle, 0 for ever. */
  readonly idleLimit: number;
  /** Milliseconds a half-closed connection may be silent. */
  readonly halfCloseLimit: number;
  /** Milliseconds of silence after which the side that has ended is probed. */
  readonly probeAfter: number;
  /** Seconds between probes. */
  readonly probeEvery: number;
  readonly abortOnClose: boolean;
  /** What clients have to go through first; undefined where there is nothing. */
  readonly reception: ReceptionTerms | undefined;
  /** Seconds a connect may take. */
  readonly connectTimeout: number;
  /** Milliseconds for which a client may wait while every channel is full. */
  readonly queueTime: number;
  /** Options of sockets towards channels. */
  readonly channelOptions: readonly SocketOption[];
  /** The PROXY header that they send first, unless their channels have their own words on that. */
  readonly headerVersion: Version;
  /** What makes it, once it has been needed. */
  prelude: Prelude | undefined;
  /** The `struct sockaddr` that they come from. */
  readonly source: Uint8Array<ArrayBuffer> | undefined;
  /** Whether they come from the address of the client instead. */
  readonly clientSource: boolean;
  /** Where `ThreadServices` has it. */
  place = -1;
  /** Clients that have them. */
  clients = 0;

  /** @param before terms of the same service that these replace */
  constructor(service: ThreadService, settings: ServiceSettings, before?: Terms) {
    const { after, every } = settings.halfCloseProbes ?? PROBES;
    this.service = service;
    this.settings = settings;
    this.selection = before?.selection.with(settings) ??
      new Selection(service.table, service.lane, settings, service.report, service.clock);
    this.idleLimit = settings.idleTimeout * 1000;
    this.halfCloseLimit = settings.halfCloseTimeout > 0 ? settings.halfCloseTimeout * 1000 : Infinity;
    this.probeAfter = after * 1000;
    this.probeEvery = every;
    this.abortOnClose = settings.abortOnClose;
    const { intake, lane: { number }, report } = service, now = () => this.selection.now();
    this.reception = intake?.receptionTerms(settings, this.selection, { lane: number, now, emit: report });
    this.connectTimeout = settings.connectTimeout;
    this.queueTime = settings.queue * 1000;
    this.channelOptions = sideOptions(settings, settings.channelKeepAlive);
    this.headerVersion = standardVersion(settings);
    this.clientSource = settings.clientSource ?? false;
    if (settings.source !== undefined) {
      const { bytes, zone } = parseHost(settings.source);
      this.source = encodeAddress(bytes, 0, zone);
    }
  }
}
