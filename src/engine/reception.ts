import { type Greeting, NO_GREETING } from "../preamble/greeting.ts";
import { LONGEST_HEADER, Malformed, type ProxyHeader } from "../preamble/proxy_header.ts";
import { LONGEST_GREETING, readGreeting } from "../preamble/read_greeting.ts";
import { readProxyHeader } from "../preamble/read_proxy_header.ts";
import type { Client } from "../selection/strategy.ts";
import type { RefusalReason } from "../table/clients/refusals.ts";

/** What is to be done next for a client that comes in. */
export const STEP = {
  /** It has to say more: look again at `wanted` bytes, or when `time` has passed. */
  MORE: 0,
  /** Its PROXY header is to be dropped from the stream, `consume` bytes; then look again, at what follows. */
  CONSUME: 1,
  /** A channel is to be chosen for `client`. */
  ADMITTED: 2,
  /** It is to be closed, with a reset if `reset`, after its `farewell`. This has been counted and reported. */
  REFUSED: 3,
  /** It has left without a word, as health checks do: closed, and nobody is told. */
  LEFT: 4,
} as const;

/** One of `STEP`. */
export type Step = typeof STEP[keyof typeof STEP];

/** Most bytes of a client that are ever looked at; what it sends after them cannot matter. */
export const MOST_BYTES: number = LONGEST_HEADER + LONGEST_GREETING;

/**
 * What a TLS client is told whose server name no group takes: the fatal alert unrecognized_name (RFC 6066, 3) in a
 * record of its own, as TLS 1.2 has it (RFC 8446, 5.1: the same for 1.3 before keys are known).
 */
export const UNRECOGNIZED_NAME: Uint8Array<ArrayBuffer> = Uint8Array.of(0x15, 0x03, 0x03, 0, 2, 2, 0x70);

/** What decides who may come in. Its answers are final: it has counted and reported whomever it refuses. */
export interface Admittance {
  /** Whether it ever says no or expects a header. */
  readonly guards: boolean;
  /** Whether refused clients are reset. */
  readonly reset: boolean;
  /** Seconds for which a PROXY header is waited for. */
  readonly proxyTimeout: number;
  /** Why it last said no. */
  readonly objection: RefusalReason | undefined;
  /** Whether this peer may connect at all, whoever it speaks for. */
  admitsPeer(address: Uint8Array): boolean;
  /** Whether a PROXY header is required of this peer. */
  expectsHeader(address: Uint8Array): boolean;
  /** Lets a client in. Above 0: what `leave` needs when its connection has ended; 0: nothing to do then; below: refused. */
  enter(address: Uint8Array): number;
  /** A client whose handle this is has gone. */
  leave(handle: number): void;
  /** Counts and reports somebody who was refused for other reasons than its own. */
  refused(reason: "proxy-header" | "proxy-timeout" | "no-route", address: Uint8Array, fault?: string): void;
}

/** What a service asks of its clients before a channel is chosen. */
export interface ReceptionTerms {
  readonly access?: Admittance;
  /** Milliseconds for which a client's first bytes are waited for. */
  readonly preambleTimeout: number;
  /** Whether what this client says first may decide about its group. */
  listensTo(client: Client): boolean;
  /** Whether some group is for this client. */
  takes(client: Client): boolean;
}

/** What is wrong with a header that ends with the stream. */
const CUT_SHORT = "it ends too early";

/** What is being waited for. */
const AWAITS = { NOTHING: 0, HEADER: 1, GREETING: 2 } as const;

/**
 * One client's way in, the same in both engines, without any sockets: the peer's address, a PROXY header if the peer
 * has to send one, access lists and limits, and the first bytes if groups depend on them.
 *
 *     begin ─→ MORE ─→ look, or expired ─→ CONSUME ─→ look ─→ … ─→ ADMITTED, REFUSED or LEFT
 *
 * The bytes are always those from the first one that has not been consumed, as far as they have come. They are looked
 * at during the call only. A reception can be used again for another client; it allocates only for what the client
 * says.
 */
export class Reception {
  /** Who it is for everybody from now on: the socket's peer, or whom its PROXY header names. */
  readonly client: { readonly address: Uint8Array; port: number; localPort: number; greeting: Greeting | undefined } = {
    address: new Uint8Array(16),
    port: 0,
    localPort: 0,
    greeting: undefined,
  };
  /** Fewer bytes than these need not be looked at, unless no more will come. */
  wanted = 0;
  /** How many milliseconds the wait that `begin` or CONSUME has just begun may take. */
  time = 0;
  /** Bytes of the PROXY header, for CONSUME. */
  consume = 0;
  /** The PROXY header that was received. */
  header: ProxyHeader | undefined;
  /** Above 0: to be given back when the connection has ended. Look again after each step. */
  handle = 0;
  /** Whether a refused client is reset. */
  reset = false;
  /** Why a refused client is refused; undefined for others. */
  objection: RefusalReason | undefined;
  /** What a refused client gets before it is closed. */
  farewell: Uint8Array<ArrayBuffer> | undefined;
  #terms!: ReceptionTerms;
  #awaits: number = AWAITS.NOTHING;

  /**
   * A client has been accepted.
   *
   * @param address sixteen bytes of the socket's peer
   * @param localPort the port that it came to
   */
  begin(terms: ReceptionTerms, address: Uint8Array, port: number, localPort: number): Step {
    const { client } = this, { access } = terms;
    this.#terms = terms;
    for (let i = 0; i < 16; i++) client.address[i] = address[i];
    client.port = port;
    client.localPort = localPort;
    client.greeting =
      this.header =
      this.farewell =
      this.objection =
        undefined;
    this.handle = this.consume = 0;
    this.reset = false;
    if (access === undefined || !access.guards) return this.#listen();
    if (!access.admitsPeer(client.address)) return this.#refuse(access.reset, access.objection);
    if (!access.expectsHeader(client.address)) return this.#enter(access);
    return this.#await(AWAITS.HEADER, access.proxyTimeout * 1000);
  }

  /**
   * More bytes have come.
   *
   * @param ended whether no more will come
   */
  look(bytes: Uint8Array, ended: boolean): Step {
    switch (this.#awaits) {
      case AWAITS.HEADER:
        return this.#readHeader(bytes, ended);
      case AWAITS.GREETING:
        return this.#readGreeting(bytes, ended);
      default:
        return STEP.ADMITTED;
    }
  }

  /** The time has passed; these bytes are all that has come. */
  expired(bytes: Uint8Array): Step {
    if (this.#awaits === AWAITS.GREETING) return this.#readGreeting(bytes, true);
    return this.#refuseHeader("proxy-timeout");
  }

  /** Drops what belongs to the client and its service. */
  forget(): void {
    this.#terms = undefined!;
    this.header = this.client.greeting = undefined;
  }

  #readHeader(bytes: Uint8Array, ended: boolean): Step {
    if (bytes.length === 0) return ended ? STEP.LEFT : STEP.MORE;
    const header = readProxyHeader(bytes);
    if (typeof header === "number") {
      this.wanted = header;
      return ended ? this.#refuseHeader("proxy-header", CUT_SHORT) : STEP.MORE;
    }
    if (header instanceof Malformed) return this.#refuseHeader("proxy-header", header.reason);
    const { source, length } = header, { client } = this;
    this.header = header;
    if (source !== undefined) {
      client.address.set(source.address);
      client.port = source.port;
    }
    this.consume = length;
    return this.#enter(this.#terms.access!) === STEP.REFUSED ? STEP.REFUSED : STEP.CONSUME;
  }

  /** The client is known: access lists and limits. */
  #enter(access: Admittance): Step {
    const handle = access.enter(this.client.address);
    if (handle < 0) return this.#refuse(access.reset, access.objection);
    this.handle = handle;
    return this.#listen();
  }

  #listen(): Step {
    if (!this.#terms.listensTo(this.client)) return this.#route();
    this.client.greeting = NO_GREETING;
    return this.#await(AWAITS.GREETING, this.#terms.preambleTimeout);
  }

  #readGreeting(bytes: Uint8Array, ended: boolean): Step {
    const greeting = readGreeting(bytes, ended);
    if (typeof greeting === "number") {
      this.wanted = greeting;
      return STEP.MORE;
    }
    this.client.greeting = greeting;
    return this.#route();
  }

  /** All is known of the client that ever will be. */
  #route(): Step {
    const { client } = this, { access } = this.#terms;
    this.#awaits = AWAITS.NOTHING;
    if (this.#terms.takes(client)) return STEP.ADMITTED;
    if (this.handle > 0) access!.leave(this.handle);
    this.handle = 0;
    access?.refused("no-route", client.address);
    if (client.greeting?.protocol === "tls") this.farewell = UNRECOGNIZED_NAME;
    return this.#refuse(false, "no-route");
  }

  #await(what: number, time: number): Step {
    this.#awaits = what;
    this.time = time;
    this.wanted = 1;
    return STEP.MORE;
  }

  #refuseHeader(reason: "proxy-header" | "proxy-timeout", fault?: string): Step {
    this.#terms.access!.refused(reason, this.client.address, fault);
    return this.#refuse(false, reason);
  }

  #refuse(reset: boolean, objection: RefusalReason | undefined): Step {
    this.reset = reset;
    this.objection = objection;
    return STEP.REFUSED;
  }
}
