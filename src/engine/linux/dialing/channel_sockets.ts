import { C, ERRNO } from "../kernel/abi.ts";
import { ClientSource } from "./client_source.ts";
import { type Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Libc } from "../kernel/libc.ts";
import type { Poller } from "../kernel/poller.ts";
import { familyOf, RESET_ON_CLOSE, setOption, SOCKET_FLAGS, socketOption } from "../kernel/sockets.ts";
import { STAGE } from "../thread/stage.ts";
import type { Terms } from "../thread/terms.ts";
import type { ThreadServices } from "../thread/thread_services.ts";

/** Makes bind(2) choose only the source address and connect(2) the port, so that ports do not run out early (ip(7)). */
const NO_PORT = socketOption("IP_BIND_ADDRESS_NO_PORT", C.IPPROTO_IP, C.IP_BIND_ADDRESS_NO_PORT, 1);

/** The sockets to channels that a thread connects for its clients. */
export class ChannelSockets {
  readonly #libc: Libc;
  readonly #connections: Connections;
  readonly #poller: Poller;
  readonly #services: ThreadServices;
  readonly #error = new Int32Array(1);
  readonly #length = new Uint32Array(1);
  /** Made when it is needed. */
  #clientSource: ClientSource | undefined;
  /** Whether the last connect failed at once because the client's own address cannot be its source. */
  sourceRefused = false;

  constructor(libc: Libc, connections: Connections, poller: Poller, services: ThreadServices) {
    this.#libc = libc;
    this.#connections = connections;
    this.#poller = poller;
    this.#services = services;
  }

  /**
   * Begins to connect a `struct sockaddr` for a client. Returns the socket, or the negative errno if it failed at once.
   *
   * @param host sixteen address bytes of the client, which are of the same family where its address is the source
   */
  connect(client: number, terms: Terms, address: Uint8Array<ArrayBuffer>, host: Uint8Array): number {
    const { call, errno } = this.#libc, { channelOptions, source, clientSource } = terms;
    this.sourceRefused = false;
    const fd = call.socket(familyOf(address), C.SOCK_STREAM | SOCKET_FLAGS, 0);
    if (fd < 0) return -errno[0];
    if (fd >= this.#connections.roof) {
      call.close(fd);
      return -ERRNO.EMFILE;
    }
    this.#connections.open(fd, STAGE.ANSWERING, 0, client);
    this.#services.follow(fd, client);
    for (let i = 0; i < channelOptions.length; i++) setOption(this.#libc, fd, channelOptions[i]);
    let error = 0;
    if (source !== undefined) {
      setOption(this.#libc, fd, NO_PORT);
      if (call.bind(fd, source, source.length) < 0) error = errno[0];
    } else if (clientSource) {
      setOption(this.#libc, fd, NO_PORT);
      error = (this.#clientSource ??= new ClientSource(this.#libc)).bind(fd, host, address);
      this.sourceRefused = error !== 0;
    }
    if (error === 0) {
      const result = call.connect(fd, address, address.length);
      if (result < 0 && result !== -ERRNO.EINPROGRESS) error = -result;
      // What the kernel says if there is no route from this source, such as from 127.0.0.1 to another machine.
      if (clientSource && error === ERRNO.EINVAL) this.sourceRefused = true;
    }
    const { rows } = this.#connections;
    if (error === 0 && !this.#poller.watch(fd, rows[fd * WIDTH + ROW.GENERATION])) error = ERRNO.ENOMEM;
    if (error === 0) return fd;
    this.#connections.close(fd);
    return -error;
  }

  /** What came of a connect: the socket's errno, which is then 0. */
  takeError(fd: number): number {
    this.#error[0] = 0;
    this.#length[0] = 4;
    this.#libc.call.getsockopt(fd, C.SOL_SOCKET, C.SO_ERROR, this.#error, this.#length);
    return this.#error[0];
  }

  /** Closes the socket that is being connected for a client, if there is one. */
  closeOf(client: number): void {
    const { rows } = this.#connections, row = client * WIDTH, server = rows[row + ROW.PEER];
    if (server < 0) return;
    rows[row + ROW.PEER] = -1;
    // If the channel has already accepted, it must learn what became of the client.
    if (rows[row + ROW.FLAGS] & IS.BROKEN) setOption(this.#libc, server, RESET_ON_CLOSE);
    this.#connections.close(server);
  }
}
