// deno-lint-ignore-file no-console -- a command-line tool: its output is its purpose
/**
 * Fuzzes for a while: `deno task fuzz [SECONDS]`, default 60. Runs the properties of the parsers and of selection, the
 * live control server and the model of both engines again and again, each time with another seed and ten times as often
 * as the tests do. Stops at the first failure and says how to repeat it; the last round may run past SECONDS.
 */
import { fileURLToPath } from "node:url";

/** How much more often each property is tried than in a test. */
const FACTOR = 10;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What each round runs, with the least permissions possible. */
const SUITES: readonly (readonly string[])[] = [
  ["--allow-env=BALANCE_FUZZ_SEED,BALANCE_FUZZ_RUNS", ...fuzzTests("src/")],
  ["-A", "tests/fuzz", "tests/model"],
];

function fuzzTests(folder: string): string[] {
  return [...Deno.readDirSync(root + folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return fuzzTests(`${folder}${name}/`);
    return /_(fuzz|property|model)_test\.ts$/.test(name) ? [folder + name] : [];
  });
}

/** Runs one suite with a seed. @returns whether all properties held */
async function run(suite: readonly string[], seed: number): Promise<boolean> {
  const args = ["test", "--no-prompt", "--quiet", ...suite];
  const env = { BALANCE_FUZZ_SEED: String(seed), BALANCE_FUZZ_RUNS: String(FACTOR), NO_COLOR: "1" };
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { cwd: root, args, env }).output();
  if (success) return true;
  for (const bytes of [stdout, stderr]) console.error(new TextDecoder().decode(bytes));
  console.error(`again: BALANCE_FUZZ_SEED=${seed} BALANCE_FUZZ_RUNS=${FACTOR} deno ${args.join(" ")}`);
  return false;
}

async function fuzz(seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  for (let round = 1; round === 1 || performance.now() < end; round++) {
    const [seed] = crypto.getRandomValues(new Int32Array(1));
    console.log(`round ${round}, seed ${seed}`);
    for (const suite of SUITES) if (!await run(suite, seed)) return 1;
  }
  console.log("no failures found");
  return 0;
}

if (import.meta.main) {
  const [word = "60"] = Deno.args;
  if (!/^\d{1,7}$/.test(word)) {
    console.error("usage: deno task fuzz [SECONDS]");
    Deno.exit(64);
  }
  Deno.exit(await fuzz(Number(word)));
}
