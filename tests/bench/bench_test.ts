import assert from "node:assert/strict";
import { eventually, within } from "../support/eventually.ts";
import { environmentOf, runs } from "../support/processes.ts";
import { linux, testWith } from "../support/requirements.ts";
import { descendants } from "./processes.ts";

const BENCH = new URL("./bench.ts", import.meta.url).pathname;

function start(temporary: string, ...words: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", BENCH, "--quick", "--rounds", "1", "--json", `${temporary}/bench.json`, ...words],
    env: { NO_COLOR: "1", TMPDIR: temporary },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

const entries = (directory: string) => [...Deno.readDirSync(directory)].map(({ name }) => name);

testWith([linux], "the benchmark measures this program and leaves nothing but figures behind", async () => {
  const temporary = await Deno.makeTempDir();
  try {
    const bench = start(temporary, "--only", "keep-alive,idle,portable,no proxy", "--idle", "50");
    assert.equal((await within(60, "the benchmark", bench.status)).code, 0);
    assert.deepEqual(entries(temporary), ["bench.json"]);
    const { measures, failures } = JSON.parse(Deno.readTextFileSync(`${temporary}/bench.json`));
    assert.deepEqual(failures, []);
    const median = (metric: string, contender: string) => measures["keep-alive"][metric].contenders[contender]?.median;
    assert.ok(median("processor", "portable") > 0);
    assert.ok(median("perSecond", "no proxy") > 0);
    assert.equal(median("processor", "no proxy"), undefined);
    assert.ok(measures.idle.memory.contenders.portable.median > 0);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
});

testWith([linux], "a benchmark that is interrupted leaves no process and no file behind", async () => {
  const temporary = await Deno.makeTempDir();
  try {
    const bench = start(temporary, "--only", "keep-alive,portable", "--rounds", "1000");
    let pids: number[] = [];
    // Itself, the load and the proxy.
    await eventually("it has started a proxy", () => (pids = descendants(bench.pid)).length >= 3);
    bench.kill("SIGINT");
    assert.equal((await within(60, "the benchmark", bench.status)).code, 130);
    // Another process may have got one of their numbers meanwhile.
    const own = (pid: number) => runs(pid) && environmentOf(pid).includes(temporary);
    await eventually("everything it has started has ended", () => !pids.some(own));
    assert.deepEqual(entries(temporary), []);
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
});
