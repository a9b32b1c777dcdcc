/**
 * # The benchmark
 *
 * Measures this program, HAProxy (with and without splicing), nginx's stream module and pen in front of the same back
 * end, in turn within one run, so that whatever slows the machine slows all of them. To repeat it on Linux, with
 * Debian's packages `haproxy nginx libnginx-mod-stream pen util-linux iproute2` (missing ones are skipped, and a line
 * says so):
 *
 *     deno task bench              # about ten minutes
 *     deno task bench --quick      # about one minute; all measures, less exact
 *     deno task bench --only keep-alive,new-connections,portable,nginx --rounds 15
 *     deno task bench --threads 2  # also with two threads, for programs that have threads
 *     deno task bench --before DIR # also an earlier version of this program, in another checkout
 *
 * It needs two idle processors. Each proxy is bound to the first processors, one per thread, and the load to the last
 * one. The load is a single process, both clients and back end, on libc's epoll: it reaches several times the rate of
 * any proxy ("no proxy"), and it never sleeps, so that no proxy pays for waking it. A proxy's share of processor time
 * ("proxy busy") shows whether it was the bottleneck. If threads and load have to share a processor, look at the CPU
 * figures and not at the rates.
 *
 * If it can (root, `iproute2`), it runs in its own network namespace, so that other rules and connections do not
 * interfere, and with Reno congestion control. Like the usual Cubic, Reno never holds back on loopback, where nothing
 * is lost. BBR, which some machines use instead, paces every connection by a timer in the kernel: stream throughput is
 * then limited by these timers, for all proxies alike. `--congestion system` measures in the machine's network.
 *
 * Requests have 128 bytes and answers 512, 32 connections at a time. Bulk streams are sent from a file in memory, too
 * large for any processor cache, and discarded at the other end. CPU is the processor time of all threads of all
 * processes of the proxy, from the kernel's own count in nanoseconds, taken at both ends of each window. Ratios are
 * medians of the ratios within a round. Every proxy listens and connects on 127.0.0.1.
 *
 * The tables go to standard output, progress to standard error, all figures, including each round's values, to
 * `dist/bench.json`. It exits with 1 if a contender failed a measure; missed targets are only reported.
 */
import { contenders } from "./contenders/contenders.ts";
import type { Contender } from "./contender.ts";
import { allowedProcessors, describeMachine } from "./machine.ts";
import type { Measure } from "./measure.ts";
import { congestionControl, ownNetwork } from "./network.ts";
import { measures } from "./measures/measures.ts";
import { installed } from "./contenders/installed.ts";
import { type Options, parseOptions, USAGE, UsageError } from "./options.ts";
import { Processes } from "./processes.ts";
import { medianTable, type Paint, ratioTable, targetTable } from "./report.ts";
import type { Results } from "./results.ts";
import { run } from "./run.ts";
import { Stand } from "./stand.ts";
import { TARGETS } from "./targets.ts";

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
const progress = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));

const paint: Paint = (text, colour) =>
  Deno.noColor || !Deno.stdout.isTerminal() ? text : `\x1b[${colour === "green" ? 32 : 31}m${text}\x1b[0m`;

/** Runs the benchmark, in its own network if wanted and possible. @returns the exit code */
async function bench(options: Options): Promise<number> {
  if (options.congestion !== "system") {
    const elsewhere = await ownNetwork(options.congestion);
    if (elsewhere) {
      return await elsewhere([
        Deno.execPath(),
        "run",
        "-A",
        import.meta.filename!,
        ...Deno.args,
        "--congestion",
        "system",
      ]);
    }
    progress(`cannot make a network with ${options.congestion}: using the machine's, with ${congestionControl()}`);
  }
  return await measure(options);
}

async function measure(options: Options): Promise<number> {
  const all = await contenders(options.engines, options.threads, options.before);
  const able = all.filter((contender) => contender.missing === undefined);
  const reference = ["haproxy", "nginx", "pen"].map((name) => able.find((each) => each.name === name));
  const { chosenMeasures, chosenContenders } = choose(
    options.only,
    measures(reference.find((each) => each !== undefined) ?? able[0]),
    all,
  );
  for (const { name, missing } of chosenContenders) if (missing) progress(`${name} is left out: ${missing}`);
  const { results, windows } = await withStand(options, async (stand) => ({
    results: await run(stand, chosenMeasures, chosenContenders.filter((each) => !each.missing), progress),
    windows: stand.windows,
  }));
  show(results, chosenContenders);
  if (windows.disturbed > 0) {
    print(`\nDisturbed: in ${windows.disturbed} of ${windows.all} windows something else used the load's processor`);
  }
  await save(options, results, windows);
  return results.failures.length === 0 ? 0 : 1;
}

/**
 * Sorts the names of `--only` into measures and contenders. If none of a kind is named, all of that kind are meant.
 */
function choose(only: readonly string[], measures: readonly Measure[], contenders: readonly Contender[]) {
  const unknown = only.find((name) => ![...measures, ...contenders].some((each) => each.name === name));
  if (unknown !== undefined) {
    const names = [...measures, ...contenders].map(({ name }) => name).join(", ");
    throw new UsageError(`--only: there is no "${unknown}" among ${names}`);
  }
  const pick = <T extends { readonly name: string }>(from: readonly T[]) => {
    const named = from.filter(({ name }) => only.includes(name));
    return named.length === 0 ? from : named;
  };
  return { chosenMeasures: pick(measures), chosenContenders: pick(contenders) };
}

/** Sets up the stand and takes it down whatever happens, even on a signal. */
async function withStand<T>(options: Options, use: (stand: Stand) => Promise<T>): Promise<T> {
  const directory = await Deno.makeTempDir({ prefix: "balance-bench-" });
  const pins = installed("taskset") !== undefined;
  if (!pins) progress("taskset (util-linux) is not installed: proxies and load may share processors");
  if (allowedProcessors().length <= options.threads) {
    progress(`${allowedProcessors().length} processors for ${options.threads} threads and the load: rates are too low`);
  }
  const processes = new Processes(directory, pins);
  const clear = () => {
    processes.killAll();
    Deno.removeSync(directory, { recursive: true });
  };
  const interrupted = () => {
    clear();
    Deno.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, interrupted);
  try {
    return await use(await Stand.start(options, processes, directory));
  } finally {
    clear();
  }
}

function show(results: Results, contenders: readonly Contender[]): void {
  print(medianTable(results));
  for (const { name } of contenders.filter(({ engine, missing }) => engine && !missing)) {
    print(`\n${ratioTable(results, name)}`);
  }
  const targets = targetTable(results, paint);
  if (targets !== "") print(`\n${targets}`);
  for (const { measure, contender, reason } of results.failures) print(`\n${contender} failed ${measure}: ${reason}`);
}

async function save(options: Options, results: Results, windows: Stand["windows"]): Promise<void> {
  const record = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    options,
    windows,
    measures: results,
    targets: TARGETS.map((target) => results.verdict(target)).filter((verdict) => verdict !== undefined),
    failures: results.failures,
  };
  const slash = options.json.lastIndexOf("/");
  if (slash > 0) await Deno.mkdir(options.json.slice(0, slash), { recursive: true });
  await Deno.writeTextFile(options.json, JSON.stringify(record, null, 2) + "\n");
  progress(`written: ${options.json}`);
}

if (import.meta.main) {
  if (Deno.build.os !== "linux") {
    progress("bench: it reads processor time from /proc, which only Linux has");
    Deno.exit(1);
  }
  let options: Options | undefined;
  try {
    options = parseOptions(Deno.args);
    if (!options) {
      print(USAGE.trimEnd());
      Deno.exit(0);
    }
    Deno.exit(await bench(options));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    progress(`bench: ${error.message}`);
    Deno.exit(64);
  }
}
