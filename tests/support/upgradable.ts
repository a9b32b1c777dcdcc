import assert from "node:assert/strict";
import { type Controllable, endProcess, Instance, type InstanceOptions } from "./instance.ts";
import { processesWith } from "./processes.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

/** Options with which an instance can be upgraded. */
export const UPGRADABLE = ["--engine", "linux", "--threads", "2"];

/** An instance that can be upgraded. */
export interface Upgradable extends AsyncDisposable {
  readonly instance: Instance;
}

/**
 * Starts an instance to be upgraded, whose old process cuts no connection. Disposing of it ends all its processes.
 */
export async function upgradable(channels: readonly string[], options: InstanceOptions = {}): Promise<Upgradable> {
  const directory = options.directory ?? temporaryDirectory();
  const all = [...UPGRADABLE, "--drain-timeout", "1000", ...options.options ?? []];
  const instance = await Instance.start(channels, { ...options, directory, options: all });
  return {
    instance,
    async [Symbol.asyncDispose]() {
      // All hold its standard error.
      for (const pid of processesWith(directory.path)) await endProcess(pid);
      await instance[Symbol.asyncDispose]();
      if (options.directory === undefined) directory[Symbol.dispose]();
    },
  };
}

/** Upgrades, and checks that another process serves. @returns its id */
export async function upgrade(instance: Controllable): Promise<number> {
  const before = (await instance.state()).pid, pid = upgradedTo(await instance.control("upgrade"));
  assert.equal((await instance.state()).pid, pid);
  assert.notEqual(pid, before);
  return pid;
}

/** The id of the process that serves, as the reply to an upgrade says. Fails if it says anything else. */
export function upgradedTo(reply: string): number {
  const [, pid] = /^upgraded, process (\d+) serves\n?$/.exec(reply) ?? assert.fail(reply);
  return Number(pid);
}
