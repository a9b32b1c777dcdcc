import { Instance, type InstanceOptions } from "../support/instance.ts";
import { Balance } from "./balance.ts";
import { Haproxy } from "./haproxy.ts";
import type { Target } from "./target.ts";

/** Engines that every scenario runs on. */
export { ENGINE_NAMES as ENGINES } from "../../src/options/engine_name.ts";

/** Options that choose an engine. The linux engine has two threads, so that what they share is put to the test. */
export function engineOptions(engine: string): string[] {
  return engine === "linux" ? ["--engine", "linux", "--threads", "2"] : ["--engine", engine];
}

/** How the program is set up. */
export interface SubjectOptions extends InstanceOptions {
  /** Whether the program chooses the number of threads itself. */
  readonly automaticThreads?: boolean;
}

/** What is put to the test: the program with one of its engines, or HAProxy. */
export class Subject {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether it is HAProxy, of which less is asked. */
  get isPeer(): boolean {
    return this.name === "haproxy";
  }

  /** Options that choose the engine. */
  get options(): string[] {
    return engineOptions(this.name);
  }

  /** Starts the program, whatever the subject. @throws {Error} for HAProxy */
  async balance(channels: readonly string[], options: SubjectOptions = {}): Promise<Balance> {
    if (this.isPeer) throw new Error("Cannot start balance: the subject is HAProxy");
    const engine = options.automaticThreads ? ["--engine", this.name] : this.options;
    const all = { ...options, options: [...engine, ...options.options ?? []] };
    return new Balance(await Instance.start(channels, all), this.name === "linux" ? 2 : 0);
  }

  /** Starts the subject. HAProxy understands channels with limits, `before`, and `-t`. */
  start(channels: readonly string[], options: SubjectOptions = {}): Promise<Target> {
    return this.isPeer ? Haproxy.start(channels, options) : this.balance(channels, options);
  }
}
