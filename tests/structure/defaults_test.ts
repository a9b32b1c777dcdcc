/** Options, their letters, values and defaults, wherever they are documented. */
import assert from "node:assert/strict";
import { BALANCER_OPTIONS } from "../../src/balancer/option_shapes.ts";
import { engineSettings } from "../../src/balancer/settings.ts";
import { type OptionSpec, optionTable } from "../../src/process/option_table.ts";
import { parseCommandLine } from "../../src/process/options.ts";
import { Document, spans } from "./document.ts";
import { optionKey } from "./option_key.ts";

const root = new URL("../../", import.meta.url);
const README = await Document.read("README.md");
const options: [name: string, spec: OptionSpec][] = Object.entries(optionTable);

Deno.test("README: the table of options has each option with its letter, its value and its default", () => {
  const rows = README.table("option"), told = new Map<string, string>();
  for (const [heads, , standard] of rows) {
    let short: string | undefined;
    for (const head of spans(heads)) {
      const [, letter] = /^-(\w)$/.exec(head) ?? [], [, name, value] = /^--([\w-]+)(?: (.+))?$/.exec(head) ?? [];
      if (letter !== undefined) {
        short = letter;
        continue;
      }
      // `--engine auto|portable|linux` shows the words that can be given.
      assert.ok(Object.hasOwn(optionTable, name), `${heads} is an option`);
      const spec: OptionSpec = optionTable[name as keyof typeof optionTable];
      assert.deepEqual({ short, value }, { short: spec.short, value: spec.value }, heads);
      assert.ok(!told.has(name), `${name} is there once`);
      told.set(name, standard);
      short = undefined;
    }
  }
  assert.deepEqual([...told.keys()].sort(), options.map(([name]) => name).sort());
  for (const [name, standard] of told) assertDefault(name, standard, `README, --${name}`);
});

Deno.test("--help: defaults are those of the program", () => {
  for (const [name, { summary }] of options) {
    const [, standard] = /\(default:? ([^)]+)\)/.exec(summary) ?? [];
    if (standard !== undefined) assertDefault(name, standard, `--help, --${name}`);
  }
});

Deno.test("library options: the defaults in their descriptions are those of the program", async () => {
  const text = await Deno.readTextFile(new URL("src/balancer/options.ts", root));
  const interfaceText = text.slice(text.indexOf("export interface BalancerOptions"));
  const described = [...interfaceText.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s+readonly (\w+)\?:/gs)];
  assert.ok(described.length > 15, `${described.length} options`);
  const settings: Readonly<Record<string, unknown>> = { ...defaults };
  for (const [, description, name] of described) {
    const [, standard] = /\bDefault:? `?([\w.:]+)/.exec(description.replaceAll(/\s+\*?\s*/g, " ")) ?? [];
    const actual = settings[name];
    if (/^\d/.test(standard ?? "") || ["number", "boolean"].includes(typeof actual)) {
      assert.equal(standard?.replace(/\.$/, ""), String(actual), name);
    }
  }
});

Deno.test("the command line and the library have the same defaults", () => {
  const parsed = Object.entries(parseCommandLine(["1"])).filter(([name, value]) =>
    value !== undefined && name in defaults
  );
  // Only the program chooses more than one thread, and its port and groups come from its arguments.
  const same = parsed.filter(([name]) => !["port", "threads"].includes(name));
  assert.ok(same.length >= 5, `${same.length} options`);
  for (const [name, value] of same) assert.equal(value, defaults[name], name);
});

/** Default values of options, by their names in the program. */
const defaults: Readonly<Record<string, unknown>> = {
  ...engineSettings(BALANCER_OPTIONS({ port: 0, maxConnections: 1 }, ""), []),
  maxConnections: undefined,
};

/** Compares a documented default with that of the command line. */
function assertDefault(name: string, told: string, where: string): void {
  const key = optionKey(name);
  const parsed = (parseCommandLine(["1"]) as unknown as Record<string, unknown>)[key] ?? defaults[key];
  const [word] = /^[\w.]*/.exec(told)!;
  if (typeof parsed === "number" || ["engine", "threads", "log-format"].includes(name)) {
    assert.equal(word, String(parsed), where);
  } else assert.doesNotMatch(word, /^\d/, where);
}
