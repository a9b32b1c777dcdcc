import assert from "node:assert/strict";
import { ControlClient, type ControlReply } from "../../src/control/client.ts";
import { entryPath } from "../../src/control/entries.ts";
import type { CollectedText } from "../support/collected_text.ts";
import { eventuallyAsync } from "./patience.ts";
import type { ChannelState, InstanceState } from "../../mod.ts";
import type { Instance } from "../support/instance.ts";
import { descriptorsOf } from "./process_figures.ts";
import { Target } from "./target.ts";

/** Descriptors of the idle pipes that a thread of the linux engine may keep (`src/engine/linux/relaying/pipe_pool.ts`). */
const POOLED = 2 * 64;

/** The program, running. */
export class Balance extends Target {
  readonly instance: Instance;
  readonly #threads: number;

  /** @param threads of the linux engine, 0 for the portable one */
  constructor(instance: Instance, threads: number) {
    super();
    this.instance = instance;
    this.#threads = threads;
  }

  get port(): number {
    return this.instance.port;
  }

  get pid(): number {
    return this.instance.pid;
  }

  /** Its log. */
  get log(): CollectedText {
    return this.instance.stderr;
  }

  /** Path of its control socket. */
  get socket(): string {
    return entryPath(this.instance.directory.path, "127.0.0.1", this.port);
  }

  /** Lines of the log that fit. */
  logged(pattern: RegExp): string[] {
    return this.log.text.split("\n").filter((line) => pattern.test(line));
  }

  /** Runs one control command in a session of its own, which is faster than the program with `-c`. */
  async control(command: string): Promise<ControlReply> {
    using client = await ControlClient.open(this.socket);
    return await client.run(command);
  }

  /** What `show json` says. */
  async state(): Promise<InstanceState> {
    return JSON.parse((await this.control("show json")).text[0]);
  }

  /** Every channel. */
  async channels(): Promise<ChannelState[]> {
    return (await this.state()).groups.flatMap(({ channels }) => [...channels]);
  }

  /** Waits until its state is as wanted. */
  async untilState(what: string, wanted: (state: InstanceState) => boolean, seconds = 30): Promise<void> {
    await eventuallyAsync(what, async () => wanted(await this.state()), seconds);
  }

  async watchForLeaks(): Promise<() => Promise<void>> {
    // What opens once and for all is opened now.
    await this.state();
    const before = descriptorsOf(this.pid);
    return async () => {
      await this.untilState(
        "no connection is left",
        ({ connections, groups }) =>
          connections === 0 && groups.every(({ channels }) => channels.every(({ current }) => current === 0)),
      );
      const allowed = before.pipes + this.#threads * POOLED;
      await eventuallyAsync(
        "descriptors are back to where they were",
        () => {
          const { all, sockets, pipes } = descriptorsOf(this.pid);
          return Promise.resolve(
            sockets <= before.sockets && pipes <= allowed && all - pipes <= before.all - before.pipes,
          );
        },
        30,
        () => `${JSON.stringify(descriptorsOf(this.pid))} after ${JSON.stringify(before)}`,
      );
    };
  }

  /** Waits for its end and says the exit code. */
  ended(): Promise<number> {
    return this.instance.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
    assert.ok(!this.log.text.includes("panicked"), this.log.text);
  }
}
