/**
 * Serves and removes one service after another, each with a client, and prints what the process holds before and after
 * that, as JSON: deno run -A come_and_go.ts ENGINE ROUNDS
 */
import { Balancer } from "../../mod.ts";
import type { EngineName } from "../../src/options/engine_name.ts";
import { residentMemory } from "../faults/process_figures.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { pollers } from "./pollers.ts";

/** What a process holds. */
export interface Holdings {
  /** Open descriptors, but for Unix sockets. */
  readonly descriptors: number;
  /** Descriptors in all of its epoll instances. */
  readonly watched: number;
  /** Resident, in bytes. */
  readonly memory: number;
}

/** Services after which everything that is made once has been made. */
const WARM_UP = 50;

/** Counts descriptors, but not Unix sockets: the runtime opens a pair some time after its start. */
function descriptors(): number {
  const unix = Deno.readTextFileSync("/proc/self/net/unix");
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(Deno.readLinkSync(`/proc/self/fd/${name}`)) ?? [];
      return inode === undefined || !unix.includes(` ${inode}`);
    } catch {
      // The descriptor that listed the directory.
      return false;
    }
  }).length;
}

function holdings(): Holdings {
  return {
    descriptors: descriptors(),
    watched: [...pollers().values()].flat().length,
    memory: residentMemory(Deno.pid),
  };
}

async function comeAndGo(engine: EngineName, rounds: number): Promise<void> {
  await using backend = namedBackend("a");
  await using balancer = await Balancer.start({ engine, ...engine === "linux" ? { threads: 2 } : {} });
  const visit = async () => {
    const channels = [{ host: "127.0.0.1", port: backend.port }];
    await using service = await balancer.serve({
      hostname: "127.0.0.1",
      port: 0,
      failTimeout: 5,
      groups: [{ channels }],
    });
    using client = await Client.connect(service.address.port);
    if (await client.readText() !== "a") throw new Error("Cannot go on: a client was not served");
  };
  const quiet = () => eventually("the last client has left", () => backend.open === 0);
  for (let i = 0; i < WARM_UP; i++) await visit();
  await quiet();
  const before = holdings();
  let most = before.memory;
  for (let i = 0; i < rounds; i++) {
    await visit();
    most = Math.max(most, residentMemory(Deno.pid));
  }
  await quiet();
  const same = ({ descriptors, watched }: Holdings) => descriptors === before.descriptors && watched === before.watched;
  await eventually("everything is given back", () => same(holdings())).catch(() => {});
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify({ before, after: holdings(), most })));
}

if (import.meta.main) await comeAndGo(Deno.args[0] as EngineName, Number(Deno.args[1]));
