/** Options, their letters, values and defaults, wherever they are documented. */
import assert from "node:assert/strict";
import type { ChannelOptionRecord } from "../../src/options/channel_record.ts";
import { channelRecordList } from "../../src/options/channel_records.ts";
import { conditionRecordList } from "../../src/options/condition_records.ts";
import { type OptionRecord, SECTIONS } from "../../src/options/option_record.ts";
import { type OptionKey, optionList } from "../../src/options/option_records.ts";
import { Document, spans } from "./document.ts";
import { sources } from "./sources.ts";

const root = new URL("../../", import.meta.url);
const OPTIONS = await Document.read("docs/options.md");
const byName = new Map(optionList.map(([, record]) => [record.name, record]));

Deno.test("options: the tables have each option in the chapter that --help has, with its letter, value and default", () => {
  const tables = OPTIONS.tables("option"), told = new Map<string, string>();
  assert.deepEqual(tables.map(({ chapter }) => chapter), Object.values(SECTIONS));
  for (
    const [heads, , standard, chapter] of tables.flatMap(({ chapter, rows }) => rows.map((row) => [...row, chapter]))
  ) {
    let short: string | undefined;
    for (const head of spans(heads)) {
      const [, letter] = /^-(\w)$/.exec(head) ?? [], [, name, value] = /^--([\w-]+)(?: (.+))?$/.exec(head) ?? [];
      if (letter !== undefined) {
        short = letter;
        continue;
      }
      // `--engine auto|portable|linux` shows the words that can be given.
      const record = byName.get(name);
      assert.ok(record !== undefined, `${heads} is an option`);
      assert.deepEqual({ short, value }, { short: record.short, value: record.kind.metavar }, heads);
      assert.equal(chapter, SECTIONS[record.section], heads);
      assert.ok(!told.has(name), `${name} is there once`);
      told.set(name, standard);
      short = undefined;
    }
  }
  assert.deepEqual([...told.keys()].sort(), optionList.map(([, { name }]) => name).sort());
  for (const [name, standard] of told) assertDefault(byName.get(name)!, standard, `docs/options.md, --${name}`);
});

Deno.test("options: the table of channel options has each of them with its value and its default", () => {
  const told = OPTIONS.table("channel option").map(([head, , standard]) => [spans(head)[0], standard]);
  const expected = channelRecordList.map(([, { name, kind: { metavar } }]) => metavar ? `${name}=${metavar}` : name);
  assert.deepEqual(told.map(([head]) => head), expected);
  for (const [i, [, record]] of channelRecordList.entries()) {
    assertDefault(record, told[i][1], `docs/options.md, ${record.name}`);
  }
});

Deno.test("options: the table of conditions has each of them with its value", () => {
  const told = OPTIONS.table("condition").map(([head]) => spans(head)[0]);
  assert.deepEqual(told, conditionRecordList.map(([, { name, kind: { metavar } }]) => `${name}=${metavar}`));
});

Deno.test("--help: defaults are those of the program", () => {
  for (const [, record] of optionList) {
    const [, standard] = /\(default:? ([^)]+)\)/.exec(record.summary) ?? [];
    if (standard !== undefined) assertDefault(record, standard, `--help, --${record.name}`);
  }
});

Deno.test("library options: the defaults in their descriptions are those of the program", async () => {
  const described = new Map<string, string>();
  for await (const file of sources("src/options/records/")) {
    const text = await Deno.readTextFile(new URL(file, root));
    for (const [, comment, key] of text.matchAll(/^ {2}\/\*\*((?:(?!\*\/).)*)\*\/\s+(\w+): \{/gms)) {
      described.set(key, comment.replaceAll(/\s+\*?\s*/g, " "));
    }
  }
  assert.deepEqual([...described.keys()].sort(), optionList.map(([key]) => key).sort());
  for (const [key, { standard, programOnly, scope }] of optionList) {
    const [, told] = /\bDefault:? `?([\w.:]+)/.exec(described.get(key)!) ?? [], number = /^\d[\d.]*$/.test(told ?? "");
    if (programOnly || scope === "action" || (standard === undefined && !number)) continue;
    assert.equal(told?.replace(/[.:]$/, ""), String(LIBRARY_DEFAULTS[key] ?? standard), key);
  }
});

/** Defaults that the library chooses itself. */
const LIBRARY_DEFAULTS: { readonly [Key in OptionKey]?: unknown } = { hostname: "0.0.0.0", threads: 1 };

/** Compares a documented default with the real one. */
function assertDefault({ standard, kind }: OptionRecord | ChannelOptionRecord, told: string, where: string): void {
  const [word] = /^[\w.]*/.exec(told)!;
  if (kind.metavar !== undefined && standard !== undefined) assert.equal(word, String(standard), where);
  else assert.doesNotMatch(word, /^\d/, where);
}
