import { Instance, type InstanceOptions } from "../support/instance.ts";
import { Balance } from "./balance.ts";
import { Haproxy } from "./haproxy.ts";
import type { Target } from "./target.ts";

/** Engines that every scenario runs on. */
export const ENGINES = ["portable", "linux"] as const;

/** Options that choose an engine. The linux engine has two threads, so that what they share is put to the test. */
export function engineOptions(engine: string): string[] {
  return engine === "linux" ? ["--engine", "linux", "--threads", "2"] : ["--engine", engine];
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
  async balance(channels: readonly string[], options: InstanceOptions = {}): Promise<Balance> {
    if (this.isPeer) throw new Error("Cannot start balance: the subject is HAProxy");
    const all = { ...options, options: [...this.options, ...options.options ?? []] };
    return new Balance(await Instance.start(channels, all), this.name === "linux" ? 2 : 0);
  }

  /** Starts the subject. HAProxy understands channels with limits, `before`, and `-t`. */
  start(channels: readonly string[], options: InstanceOptions = {}): Promise<Target> {
    return this.isPeer ? Haproxy.start(channels, options) : this.balance(channels, options);
  }
}
