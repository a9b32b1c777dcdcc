import { Prelude } from "../../prelude.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import type { Backlog } from "../relaying/backlog.ts";
import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Libc } from "../kernel/libc.ts";
import { ADDRESS_SIZE, decodeHost, portOf, setOption, socketOption } from "../kernel/sockets.ts";
import type { Dial } from "./dials.ts";

/** Sends at once what was held back (`__tcp_sock_set_nodelay`, net/ipv4/tcp.c). It is set already. */
const PUSH = socketOption("TCP_NODELAY", C.IPPROTO_TCP, C.TCP_NODELAY, 1);

/** Sends PROXY headers to channels ahead of the clients' bytes. */
export class Preludes {
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #backlog: Backlog;
  readonly #name = new Uint8Array(ADDRESS_SIZE);
  readonly #size = new Uint32Array(1);
  readonly #local = { address: new Uint8Array(16), port: 0 };

  constructor(libc: Libc, connections: Connections, backlog: Backlog) {
    this.#libc = libc;
    this.#connections = connections;
    this.#backlog = backlog;
  }

  /**
   * Sends the header to a channel that has just been connected, if it gets one. If the client has said something, the
   * kernel is asked to send the header in the same segment.
   *
   * @returns whether `push` must follow once the client's bytes have been sent
   */
  begin(client: number, server: number, { terms, header: received, client: source }: Dial, version: 1 | 2): boolean {
    const prelude = terms.prelude ??= new Prelude(terms.settings);
    const { rows } = this.#connections, row = client * WIDTH, serverRow = server * WIDTH, { buffer } = this.#backlog;
    const destination = received?.destination ?? this.#localOf(client);
    const bytes = prelude.write(buffer, version, { client: source, destination, received });
    const more = (rows[row + ROW.FLAGS] & IS.READABLE) !== 0;
    const n = this.#libc.call.send(server, buffer, bytes, more ? C.MSG_NOSIGNAL | C.MSG_MORE : C.MSG_NOSIGNAL);
    if (n === bytes) return more;
    if (n < 0 && n !== -ERRNO.EAGAIN) {
      rows[serverRow + ROW.FLAGS] |= IS.BROKEN | IS.READABLE;
      return false;
    }
    this.#backlog.keep(client, Math.max(n, 0), bytes);
    rows[row + ROW.FLAGS] |= IS.PRELUDE;
    rows[serverRow + ROW.FLAGS] &= ~IS.WRITABLE;
    return false;
  }

  /** The client's bytes have been sent, unless nothing came after all. */
  push(server: number): void {
    setOption(this.#libc, server, PUSH);
  }

  /** Where the client came to; undefined if the kernel does not say. */
  #localOf(client: number): { readonly address: Uint8Array; readonly port: number } | undefined {
    this.#size[0] = ADDRESS_SIZE;
    if (this.#libc.call.getsockname(client, this.#name, this.#size) < 0) return undefined;
    decodeHost(this.#name, this.#local.address);
    this.#local.port = portOf(this.#name);
    return this.#local;
  }
}
