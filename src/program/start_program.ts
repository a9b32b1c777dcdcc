import type { Tap } from "../engine/engine.ts";
import { LineWriter } from "../log/line_writer.ts";
import { plural } from "../log/plural.ts";
import type { ProcessSpec } from "../options/service_spec.ts";
import { processOptions } from "../options/values.ts";
import type { InheritedSocket } from "../process/match_sockets.ts";
import type { BalancerEvent } from "../service/events.ts";
import type { Config } from "./config.ts";
import type { Plan } from "./plan.ts";
import type { Program } from "./program.ts";
import { startInstance } from "./start_instance.ts";
import type { Supervision } from "./supervision.ts";
import type { StartedBy } from "./upgrade.ts";

/** Bytes of packet dump that may wait for a slow reader. */
const DUMP_BOUND = 64 * 1024 * 1024;

/** How a program begins. */
export interface Beginning {
  readonly startedBy: StartedBy;
  /** Listening sockets that were opened by somebody else. */
  readonly inherited: readonly InheritedSocket[];
  readonly supervision: Supervision;
  /** What is to be taken over from a predecessor; then it only prepares, until `takeOver`. */
  readonly plan: Plan | undefined;
}

/** What writes a packet dump. It is loaded here, since few ask for one. */
async function tapTo(dump: LineWriter): Promise<Tap> {
  const { dumpChunk } = await import("../log/packet_dump.ts");
  return (direction, bytes) => dump.write(dumpChunk(direction, bytes));
}

/**
 * Starts services, then control socket and log.
 *
 * @param config the file that the description comes from, if there is one
 * @throws {ExitError} with the code that says what went wrong
 */
export async function startProgram(
  spec: ProcessSpec,
  config: Config | undefined,
  beginning: Beginning,
): Promise<Program> {
  const { startedBy: { background }, inherited, plan } = beginning, options = processOptions(spec.values);
  const dump = options.packetDump && !background
    ? new LineWriter(
      Deno.stdout,
      DUMP_BOUND,
      (chunks) => `(${chunks} ${plural(chunks, "chunk")} lost: the reader was too slow)\n\n`,
    )
    : undefined;
  const early: BalancerEvent[] = [];
  let report = (event: BalancerEvent): void => void early.push(event);
  const tap = dump && await tapTo(dump);
  const instance = await startInstance(spec, {
    onEvent: (event) => report(event),
    tap,
    // A predecessor hands over the addresses that it has.
    unresolved: config === undefined && plan === undefined ? "error" : "wait",
    inherited,
    paused: plan !== undefined,
  }, config?.show);
  try {
    // Loaded here, since clients can be served without it.
    const { equip } = await import("./equip.ts");
    return await equip(instance, spec, config, beginning, dump, (to) => {
      report = to;
      early.forEach(to);
    });
  } catch (error) {
    await instance.stop();
    throw error;
  }
}
