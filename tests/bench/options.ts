import { parseArgs } from "node:util";
import { type Engine, ENGINES } from "./contender.ts";

/** Shown by `--help`. */
export const USAGE = `deno task bench [OPTIONS]

  --only NAME[,NAME]   these measures or contenders only
  --quick              every measure, shorter: about a minute
  --rounds N           rounds each measure takes (default 9; quick 2)
  --engine NAME        portable, linux, or both with a comma (default: both)
  --before DIR         also an earlier version of this program, in another checkout: "portable before", "linux before"
  --threads N          those that can, also with N threads (default 1)
  --idle N             idle connections for memory (default 9000; quick 2000)
  --beside N           idle connections beside a load (default 9000; quick 3000)
  --rate N             requests a second for latency (default: 60 % of what haproxy reaches)
  --congestion NAME    congestion control of all connections, in a network namespace of its own where that can be had
                       (default reno); system: the machine's network as it is
  --json FILE          where the results go (default dist/bench.json)
`;

/** How long and how much. Times in seconds. */
export interface Options {
  readonly only: readonly string[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly engines: readonly Engine[];
  /** Checkout of an earlier version to compare as well. */
  readonly before: string | undefined;
  readonly threads: number;
  readonly idle: number;
  readonly beside: number;
  readonly rate: number | undefined;
  /** Congestion control by its name in tcp(7), in its own network; `system` for the machine's network. */
  readonly congestion: string;
  readonly json: string;
  /** Load before each window, not measured. */
  readonly warmUp: number;
  /** Length of each window. */
  readonly seconds: number;
  /** Requests and connections for a proxy that has just started, so that its code is compiled and its pools are filled. */
  readonly practice: { readonly keepAlive: number; readonly newConnections: number };
}

/** A command line that cannot be followed. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads the command line; undefined for `--help`. @throws {UsageError} naming the wrong word */
export function parseOptions(words: readonly string[]): Options | undefined {
  const values = read(words);
  if (values.help) return undefined;
  const quick = values.quick ?? false;
  return {
    only: values.only?.split(",") ?? [],
    quick,
    rounds: count("rounds", values.rounds, quick ? 2 : 9, 1000),
    engines: values.engine?.split(",").map(engine) ?? ENGINES,
    before: values.before,
    threads: count("threads", values.threads, 1, 64),
    idle: count("idle", values.idle, quick ? 2000 : 9000, 9000),
    beside: count("beside", values.beside, quick ? 3000 : 9000, 9000),
    rate: values.rate === undefined ? undefined : count("rate", values.rate, 0, 10_000_000),
    congestion: congestion(values.congestion ?? "reno"),
    json: values.json ?? "dist/bench.json",
    warmUp: quick ? 0.1 : 0.25,
    seconds: quick ? 0.3 : 1,
    practice: quick ? { keepAlive: 20_000, newConnections: 5_000 } : { keepAlive: 100_000, newConnections: 20_000 },
  };
}

function read(words: readonly string[]) {
  const text = { type: "string" } as const, flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...words],
      options: {
        only: text,
        quick: flag,
        rounds: text,
        engine: text,
        before: text,
        threads: text,
        idle: text,
        beside: text,
        rate: text,
        congestion: text,
        json: text,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function count(name: string, word: string | undefined, otherwise: number, most: number): number {
  if (word === undefined) return otherwise;
  if (!/^\d+$/.test(word) || Number(word) < 1 || Number(word) > most) {
    throw new UsageError(`--${name}: "${word}" is not a whole number from 1 to ${most}`);
  }
  return Number(word);
}

function congestion(word: string): string {
  if (!/^[a-z0-9_-]{1,15}$/.test(word)) {
    throw new UsageError(`--congestion: "${word}" is no name of a congestion control`);
  }
  return word;
}

function engine(word: string): Engine {
  const found = ENGINES.find((name) => name === word);
  if (!found) throw new UsageError(`--engine: there is no engine "${word}"`);
  return found;
}
