import type { Greeting } from "../preamble/greeting.ts";
import { type Endpoint, LONGEST_HEADER, type ProxyHeader } from "../preamble/proxy_header.ts";
import { eachTlv, findTlv, TLV, TLV_HEAD } from "../preamble/tlvs.ts";
import { writeProxyHeader } from "../preamble/write_proxy_header.ts";
import type { ServiceSettings } from "./engine.ts";
import { UniqueIds } from "./unique_ids.ts";

/** What it needs of a service's settings. */
export type PreludeSettings = Pick<ServiceSettings, "proxyChecksum" | "proxyUniqueId" | "proxyPassTlv">;

/** What a header says of a connection. */
export interface Introduced {
  readonly client: Endpoint & { readonly greeting?: Greeting };
  /** Where the client came to; undefined if that is unknown. */
  readonly destination: Endpoint | undefined;
  /** The header that came with the client, if it came through another proxy. */
  readonly received: ProxyHeader | undefined;
}

/** Bytes of TLVs at most, between the addresses and the checksum. */
const ROOM = LONGEST_HEADER - 16 - 36 - (TLV_HEAD + 4);

/**
 * What a service's connections to its channels begin with: a header of the PROXY protocol, which tells the channel whose
 * connection it is (proxy-protocol.txt of HAProxy).
 */
export class Prelude {
  readonly #settings: PreludeSettings;
  #ids: UniqueIds | undefined;
  #tlvs: Uint8Array | undefined;

  constructor(settings: PreludeSettings) {
    this.#settings = settings;
  }

  /** Writes a header into `into`, which has room for `LONGEST_HEADER`. @returns its bytes */
  write(into: Uint8Array, version: 1 | 2, { client, destination, received }: Introduced): number {
    const tlvs = version === 2 ? this.#tlvsOf(client.greeting, received) : undefined;
    return writeProxyHeader(into, {
      version,
      source: client,
      destination,
      tlvs,
      checksum: this.#settings.proxyChecksum,
    });
  }

  /** What else a version 2 header says; undefined if nothing. */
  #tlvsOf(greeting: Greeting | undefined, received: ProxyHeader | undefined): Uint8Array | undefined {
    const { proxyUniqueId } = this.#settings;
    if (!proxyUniqueId && greeting === undefined && received === undefined) return undefined;
    const tlvs = this.#tlvs ??= new Uint8Array(ROOM), known = received?.tlvs;
    const isNews = (type: number) => known === undefined || findTlv(known, type) === undefined;
    let end = 0;
    // What the proxy in front says is of the client itself; what came here may be from its own handshake.
    if (greeting !== undefined) {
      const { serverName, alpn } = greeting;
      if (serverName !== "" && isNews(TLV.AUTHORITY)) end = put(tlvs, end, TLV.AUTHORITY, serverName);
      // Of several that are offered, nobody knows yet which it will be.
      if (alpn.length === 1 && isNews(TLV.ALPN)) end = put(tlvs, end, TLV.ALPN, alpn[0]);
    }
    if (proxyUniqueId && isNews(TLV.UNIQUE_ID)) {
      this.#ids ??= new UniqueIds();
      end = put(tlvs, end, TLV.UNIQUE_ID, this.#ids.next());
    }
    if (known !== undefined) end = this.#pass(known, tlvs, end);
    return end === 0 ? undefined : tlvs.subarray(0, end);
  }

  /** Passes on what the client's proxy has said, as far as there is room. */
  #pass(known: Uint8Array, tlvs: Uint8Array, at: number): number {
    for (const tlv of eachTlv(known)) {
      if (tlv === undefined || !this.#passes(tlv.type) || at + tlv.end - tlv.start > tlvs.length) continue;
      tlvs.set(known.subarray(tlv.start, tlv.end), at);
      at += tlv.end - tlv.start;
    }
    return at;
  }

  #passes(type: number): boolean {
    // The checksum is that of the other header, and the filling only aligns it.
    if (type === TLV.CRC32C || type === TLV.NOOP) return false;
    const { proxyPassTlv, proxyUniqueId } = this.#settings;
    return proxyPassTlv || type === TLV.AUTHORITY || type === TLV.ALPN ||
      (type === TLV.UNIQUE_ID && proxyUniqueId);
  }
}

/** Writes one value, each character as the byte of its number. @returns where the next one goes */
function put(tlvs: Uint8Array, at: number, type: number, text: string): number {
  const { length } = text, start = at + TLV_HEAD;
  tlvs[at] = type;
  tlvs[at + 1] = length >> 8;
  tlvs[at + 2] = length & 0xff;
  for (let i = 0; i < length; i++) tlvs[start + i] = text.charCodeAt(i);
  return start + length;
}
