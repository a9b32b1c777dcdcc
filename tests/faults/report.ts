/**
 * Measures every scenario on both engines, and on HAProxy where that is possible, and writes the page. Names of files
 * (`reload upgrade`) measure only their scenarios, and leave the other rows as they are.
 */
import { fileURLToPath } from "node:url";
import { hasHaproxy } from "./haproxy.ts";
import { describeMachine } from "../bench/machine.ts";
import { within } from "../support/eventually.ts";
import { measure, type Scenario } from "./scenario.ts";
import { ENGINES } from "./subject.ts";

/** The page. */
const PAGE = new URL("../../.github/FAULTS.md", import.meta.url);

/** Files of scenarios in the order of the page. */
const ROWS = [
  "descriptors",
  "ephemeral_ports",
  "self_connection",
  "mid_stream_reset",
  "black_hole",
  "half_close",
  "vanished_peer",
  "slow_reader",
  "idle_crowd",
  "connect_storm",
  "bad_peers",
  "queue",
  "flapping",
  "health",
  "all_dead",
  "unresolvable",
  "resolver",
  "restart",
  "stop",
  "reload",
  "upgrade",
  "control_abuse",
  "counters",
  "wall_clock",
  "stopped_process",
  "memory_limit",
  "log_gone",
  "hostile_words",
];

/** Seconds that one measurement may take. */
const LONGEST = 240;

const unknown = Deno.args.find((name) => !ROWS.includes(name));
if (unknown !== undefined) throw new Error(`no scenarios "${unknown}", only ${ROWS.join(", ")}`);

const encoder = new TextEncoder();
let failures = 0;

const written = Deno.readTextFileSync(PAGE).split("\n");
const rows: string[] = [];
for (const name of ROWS) {
  const module = new URL(`./${name}_test.ts`, import.meta.url).href;
  const { scenarios } = await import(module) as { scenarios: readonly Scenario[] };
  for (const scenario of scenarios) {
    if (Deno.args.length > 0 && !Deno.args.includes(name)) {
      rows.push(...written.filter((line) => line.startsWith(`| **${scenario.fault}** `)));
      continue;
    }
    const cells = [`**${scenario.fault}**`, scenario.made, scenario.holds];
    for (const engine of ENGINES) cells.push(await figures(scenario, module, engine));
    cells.push(scenario.peer && hasHaproxy ? await figures(scenario, module, "haproxy") : "–");
    rows.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  }
}
Deno.writeTextFileSync(PAGE, page(rows));
new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", fileURLToPath(PAGE)] }).outputSync();
Deno.exit(failures > 0 ? 1 : 0);

/** One cell; what could not be measured says why. */
async function figures(scenario: Scenario, module: string, subject: string): Promise<string> {
  const missing = (scenario.needs ?? []).find(({ met }) => !met);
  let cell: string;
  if (missing !== undefined) cell = `not run: ${missing.reason}`;
  else {
    try {
      cell = (await within(LONGEST, "measure it", measure(scenario, module, subject))).join("; ");
    } catch (error) {
      if (subject !== "haproxy") failures++;
      cell = `**does not hold**: ${(error as Error).message.split("\n")[0].slice(0, 200)}`;
    }
  }
  Deno.stdout.writeSync(encoder.encode(`${scenario.fault}, ${subject}: ${cell}\n`));
  return cell;
}

function page(rows: readonly string[]): string {
  const { processor, processors, kernel, deno } = describeMachine();
  return `# Faults

What the program does when clients, back ends, operators or the machine go wrong. \`deno task faults\` makes each fault,
asserts what must hold, and writes this page from what it measured; \`deno test -A tests/faults\` does a shorter version
and writes nothing. After every row, all connections of the program are gone and it has as many descriptors open as
before.

Measured on ${processors} processors (${processor}), Linux ${
    kernel.split("-")[0]
  }, Deno ${deno}, the linux engine with two threads, HAProxy with two threads and its retries and
redispatch on. A dash means that HAProxy was not measured or has no such thing. Times include the measuring itself, on a
busy machine; a test fails at four times the bound.

| fault | how it is made | what must hold | portable | linux | HAProxy |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

## What does not hold, and why

- **Out of descriptors.** A client takes two descriptors. The program itself takes 27 (from source, 9 of them are Deno's
  caches). The portable engine takes 2 or 3 more when there are long streams; each thread of the linux engine takes 8,
  and another 3 by which it sees them run out. A thirty-second of the limit, but at least 8, is never given to clients,
  so that operators are served. A sixteenth of what the limit exceeds 256 by is for pipes. The default of
  \`--max-connections\` is half of what remains: with a limit of 512 that is 232 for the portable engine, and 220, 215,
  204 and 182 with 1, 2, 4 and 8 threads. If \`--max-connections\` is higher, the log warns at the start, and clients wait
  in the kernel's queue when descriptors run out. \`--threads auto\` takes one thread per 256 descriptors. HAProxy needs
  14 descriptors.
- **Connections that a back end drops.** When a back end closes its listening socket, it resets the connections that its
  kernel has accepted but it has not. Bytes may have been sent by then, so these connections cannot move to another back
  end. HAProxy has the same limit. The flapping row counts them.
- **A reset at the very moment of the connect** looks like a failed connect to the portable engine, because Deno's
  \`connect\` says so. Bytes that the back end sent before the reset are lost, and the next channel is tried.
- **A connect that has met itself** keeps the port of a dead channel on this machine for a minute with the portable
  engine (TIME-WAIT), because Deno cannot reset a connection. Ports below the range of \`net.ipv4.ip_local_port_range\`
  are not affected.
- **A slow reader and large kernel buffers.** The engines themselves hold little for a receiver that does not read: the
  linux engine at most 64 KB for each direction, and 16 KB while 64 MB stand in its pipes. But while a socket is read
  fast, the kernel grows its receive buffer up to the third number of \`net.ipv4.tcp_rmem\`. Where that is large, the
  linux engine's \`--receive-buffer\` limits it.
- **A vanished peer without \`-T\`** is closed by keep-alive. The portable engine cannot set its times, so the system's
  apply: two hours on Linux.
- **Memory.** Accepting pauses, but existing connections still take what they need. A group that fills by more than a
  tenth of its limit within a quarter of a second can still be killed.
`;
}
