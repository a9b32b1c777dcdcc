import { C, epollEventLayout, ERRNO } from "./abi.ts";
import { type Libc, SystemError } from "./libc.ts";

/** The maximum number of events taken from the kernel at a time. */
const BATCH = 512;

/** What a socket is watched for: everything, edge-triggered, so that it is registered once and never changed. */
const SOCKET_EVENTS = C.EPOLLIN | C.EPOLLPRI | C.EPOLLOUT | C.EPOLLRDHUP | C.EPOLLET;

/** One thread's epoll instance. Events carry a descriptor and its generation. */
export class Poller {
  readonly fd: number;
  /** Events of the last `wait`. Read them with `fdAt`, `generationAt` and `maskAt`. */
  readonly #events: Int32Array;
  readonly #event: Int32Array;
  /** Seconds and nanoseconds (timespec(3type)). */
  readonly #pause = BigInt64Array.of(0n, 10_000n);
  readonly #libc: Libc;
  readonly #words: number;
  readonly #data: number;
  /** Events taken since everything was known. */
  #taken = 0;
  #interrupted = false;

  /** @throws {SystemError} when the system refuses an epoll instance */
  constructor(libc: Libc) {
    this.#libc = libc;
    const layout = epollEventLayout(Deno.build.arch)!;
    this.#words = layout.words;
    this.#data = layout.data;
    this.#events = new Int32Array(layout.words * BATCH);
    this.#event = new Int32Array(layout.words);
    this.fd = libc.call.epoll_create1(C.EPOLL_CLOEXEC);
    if (this.fd < 0) throw new SystemError(libc, "Cannot make epoll instance", libc.errno[0]);
  }

  /** Watches a connection's socket. Returns whether the kernel accepted it. */
  watch(fd: number, generation: number): boolean {
    return this.#add(fd, generation, SOCKET_EVENTS);
  }

  /** Watches a listening socket, level-triggered; for each client, one of the waiting threads is woken. */
  watchListener(fd: number, generation: number): boolean {
    return this.#add(fd, generation, C.EPOLLIN | C.EPOLLEXCLUSIVE);
  }

  /** Watches the eventfd that wakes this thread. Edge-triggered, so that it need not be read. */
  watchWake(fd: number, generation: number): boolean {
    return this.#add(fd, generation, C.EPOLLIN | C.EPOLLET);
  }

  /** Stops watching. Closed descriptors are removed by the kernel. */
  unwatch(fd: number): void {
    this.#libc.call.epoll_ctl(this.fd, C.EPOLL_CTL_DEL, fd, this.#event);
  }

  /**
   * Lets events collect before the next `wait`, for 10 to 60 µs depending on the kernel's timer slack (prctl(2)).
   * Network cards call this interrupt moderation: a sleeping thread need not be woken for each packet of a stream,
   * which would cost the sender, and it finds more to move at a time.
   */
  collect(): void {
    this.#libc.call.nanosleep(this.#pause, null);
  }

  /**
   * Waits for events and returns how many there are.
   *
   * @param milliseconds longest wait, -1 for no limit
   * @throws {SystemError} when the epoll instance is unusable
   */
  wait(milliseconds: number): number {
    const count = this.#libc.call.epoll_wait(this.fd, this.#events, BATCH, milliseconds);
    // Signals are blocked, but a stop followed by SIGCONT still interrupts (signal(7)).
    this.#interrupted = count === -ERRNO.EINTR;
    if (count >= 0) {
      this.#taken += count;
      return count;
    }
    if (this.#interrupted) return 0;
    throw new SystemError(this.#libc, "Cannot wait for events", -count);
  }

  /**
   * Whether the kernel has now reported everything that happened before the last wait, or before the first of several
   * waits for which this said no. An interrupted wait reports nothing, and a full batch may not be everything.
   *
   * @param watched descriptors that are watched, at most
   */
  isComplete(count: number, watched: number): boolean {
    // The kernel reports events in the order in which they happened (epoll(7)): each descriptor has had its turn.
    if (this.#interrupted || (count === BATCH && this.#taken < watched)) return false;
    this.#taken = 0;
    return true;
  }

  fdAt(index: number): number {
    return this.#events[index * this.#words + this.#data];
  }

  generationAt(index: number): number {
    return this.#events[index * this.#words + this.#data + 1];
  }

  maskAt(index: number): number {
    return this.#events[index * this.#words];
  }

  #add(fd: number, generation: number, events: number): boolean {
    const event = this.#event;
    event[0] = events;
    event[this.#data] = fd;
    event[this.#data + 1] = generation;
    return this.#libc.call.epoll_ctl(this.fd, C.EPOLL_CTL_ADD, fd, event) === 0;
  }
}
