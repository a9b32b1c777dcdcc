import { type Contender, DIRECT } from "./contender.ts";
import type { Commands } from "./load/commands.ts";
import { LoadProcess } from "./load_process.ts";
import { allowedProcessors, descriptorLimit } from "./machine.ts";
import type { Options } from "./options.ts";
import { descendants, type Processes, type Running } from "./processes.ts";

/** A contender that serves. */
export interface Proxy {
  readonly contender: Contender;
  readonly port: number;
  /** Its processes; none without a proxy. */
  readonly pids: readonly number[];
  /** It also runs on the load's processor. */
  readonly shares: boolean;
  readonly running: Running | undefined;
}

/** The test stand: clients and back end on the last processor, each proxy on the first ones. */
export class Stand {
  readonly options: Options;
  readonly load: LoadProcess;
  /** Clients that the descriptor limit lets a proxy serve. */
  readonly clients: number;
  /** Where configurations go. */
  readonly directory: string;
  /**
   * Windows in which the load should have had a processor to itself, and those in which it had less than nine tenths of
   * it.
   */
  readonly windows = { all: 0, disturbed: 0 };
  readonly #processes: Processes;
  readonly #shared = new Map<string, Proxy>();

  private constructor(options: Options, processes: Processes, directory: string, load: LoadProcess) {
    this.options = options;
    this.directory = directory;
    this.load = load;
    this.#processes = processes;
    // Two descriptors a client, and room for pipes, files and listeners.
    this.clients = Math.min(20_000, (descriptorLimit() - 600) >> 1);
  }

  /** Starts the load process. */
  static async start(options: Options, processes: Processes, directory: string): Promise<Stand> {
    const load = await LoadProcess.start(processes, `${allowedProcessors().at(-1)}`);
    return new Stand(options, processes, directory, load);
  }

  /** A proxy that stays for the whole run, warmed up. @param variant distinguishes several of one contender */
  async shared(contender: Contender, variant = "", channels?: readonly string[]): Promise<Proxy> {
    const key = contender.name + variant;
    const existing = this.#shared.get(key);
    if (existing) return existing;
    const proxy = await this.fresh(contender, channels);
    this.#shared.set(key, proxy);
    for (const kind of ["keepAlive", "newConnections"] as const) {
      // Long enough that a busy machine answers something in it: what has just started is slow at first.
      const ask = { ...this.ask(proxy, 32), warmUp: 0, seconds: 0.5 };
      // In units, not seconds, or a slow machine would measure code that is not compiled yet.
      for (let done = 0; done < this.options.practice[kind];) done += (await this.load.perform(kind, ask)).done;
    }
    return proxy;
  }

  /** A proxy that has just answered for the first time. The caller stops it. */
  async fresh(contender: Contender, channels?: readonly string[]): Promise<Proxy> {
    if (contender === DIRECT) return { contender, port: this.load.port, pids: [], shares: false, running: undefined };
    const port = freePort(contender.ports), { directory, clients } = this;
    const words = contender.command!({ directory, port, backEnd: this.load.port, clients, channels });
    const running = this.#processes.start(processorsFor(contender.threads), words);
    try {
      await this.load.perform("firstAnswer", { port, within: 10 });
    } catch (error) {
      const messages = await Deno.readTextFile(running.log);
      await this.#processes.stop(running);
      throw new Error(`${(error as Error).message}\n${messages.trim()}`);
    }
    return { contender, port, pids: descendants(running.child.pid), shares: shares(contender.threads), running };
  }

  /** Puts a load on a proxy for one window. @param hello whether requests of new connections are ClientHellos */
  async window(
    proxy: Proxy,
    kind: "keepAlive" | "newConnections" | "streams",
    connections: number,
    hello = false,
  ): Promise<Commands["streams"]["answer"]> {
    const window = await this.load.perform(kind, { ...this.ask(proxy, connections), hello });
    if (proxy.shares) return window;
    this.windows.all++;
    if (window.own < window.seconds * 0.9e9) this.windows.disturbed++;
    return window;
  }

  /** What the load process needs to know about a window. */
  ask({ port, pids, shares }: Proxy, connections: number): Commands["streams"]["ask"] {
    const { warmUp, seconds } = this.options;
    return { port, pids, connections, warmUp, seconds, spin: !shares };
  }

  /** Ends a proxy that `fresh` has started. */
  async stop(proxy: Proxy): Promise<void> {
    if (proxy.running) await this.#processes.stop(proxy.running);
  }
}

/** Whether so many threads also need the load's processor. */
function shares(threads: number): boolean {
  return threads >= allowedProcessors().length;
}

/** The first processors, as `taskset` wants them. */
function processorsFor(threads: number): string {
  return allowedProcessors().slice(0, threads).join(",");
}

/**
 * The first of so many free ports in a row, below those the kernel gives to outgoing connections, or one of these could
 * take them first.
 */
function freePort(ports = 1): number {
  for (;;) {
    const first = 10_000 + Math.trunc(Math.random() * (20_000 - ports));
    try {
      for (let port = first; port < first + ports; port++) Deno.listen({ hostname: "127.0.0.1", port }).close();
      return first;
    } catch {
      // One is taken.
    }
  }
}
