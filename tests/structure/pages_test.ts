/** What README and the pages in `docs` say about the program, as far as it can be checked. */
import assert from "node:assert/strict";
import configuration from "../../deno.json" with { type: "json" };
import { chooseEngine } from "../../src/service/engine/choose_engine.ts";
import { EngineUnavailable } from "../../src/service/errors.ts";
import { commands } from "../../src/control/commands.ts";
import { parseCommandLine } from "../../src/options/command_line.ts";
import { QUESTIONS } from "../../src/options/help/man_page.ts";
import { EXAMPLES } from "../../src/options/help/overview.ts";
import { logLetters } from "../../src/options/log_letters.ts";
import { optionList } from "../../src/options/option_records.ts";
import { serviceOptions } from "../../src/options/values.ts";
import { EXIT_MEANINGS } from "../../src/process/exit_codes.ts";
import { strategies } from "../../src/selection/strategy.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../../src/table/limits.ts";
import { ENDS } from "../../src/table/records/ends.ts";
import { REFUSAL_WORDS } from "../../src/table/refusal_words.ts";
import { Document, spans } from "./document.ts";
import { sources } from "./sources.ts";

const root = new URL("../../", import.meta.url);
const README = await Document.read("README.md");
const page = (name: string) => Document.read(`docs/${name}.md`);
const pages = (await Document.readAll()).filter(({ name }) => !name.startsWith(".github/"));

Deno.test("control: the table of control commands has each of them with its parameters", async () => {
  const told = (await page("control")).tables("command").flatMap(({ rows }) => rows).flatMap(([heads]) => spans(heads));
  const expected = commands.flatMap(({ name, parameters }) => {
    // What may follow an optional word is said beside it.
    const [, optional] = /^\[([^\]]*)\](?: \[.*)?$/.exec(parameters) ?? [];
    if (optional === undefined) return [`${name} ${parameters}`.trim()];
    return [name, ...optional.split("|").map((word) => `${name} ${word}`)];
  });
  assert.deepEqual(told.sort(), expected.sort());
});

Deno.test("operation: the table of exit codes is that of the program", async () => {
  const told = (await page("operation")).table("exit code").map(([code, when]) => [code, when.replaceAll("`", "")]);
  assert.deepEqual(told, Object.entries(EXIT_MEANINGS));
});

Deno.test("library: the table of error codes has each that is thrown", async () => {
  const declared = (await Deno.readTextFile(new URL("src/service/errors.ts", root))).matchAll(/\| "(ERR_\w+)"/g);
  const told = (await page("library")).table("code").flatMap(([code]) => spans(code));
  assert.deepEqual(told.sort(), [...declared].map(([, code]) => code).sort());
});

/** Fields of these interfaces of `src/state`. */
async function fields(...names: string[]): Promise<string[]> {
  const texts: string[] = [];
  for await (const file of sources("src/state/")) texts.push(await Deno.readTextFile(new URL(file, root)));
  return names.flatMap((name) => {
    const [, shape] = new RegExp(`^export interface ${name}\\b[^{]*\\{$([^]*?)^\\}`, "m").exec(texts.join("\n"))!;
    return [...shape.matchAll(/^ {2}readonly (\w+)/gm)].map(([, field]) => field);
  });
}

for (
  const [head, shapes] of Object.entries({
    "of the instance": ["ProcessState", "InstanceState"],
    "of a service": ["ServiceState", "ServiceActivityState"],
    "of a group": ["GroupState"],
    "of a channel": ["ChannelState", "ChannelConditionState", "ChannelActivityState"],
    "of a trouble": ["TroubleState"],
    "of health": ["ChannelHealthState"],
    "of a resolution": ["ResolutionState"],
    "of a connection": ["RecordState"],
  })
) {
  Deno.test(`json: the table ${head} has each field of ${shapes.join(" and ")}`, async () => {
    const told = (await page("json")).table(head).flatMap(([names]) => spans(names));
    assert.deepEqual(told.sort(), (await fields(...shapes)).sort());
  });
}

Deno.test("observing: the table of states has each word of a channel's state", async () => {
  const told = (await page("observing")).table("state").flatMap(([word]) => spans(word));
  const [, comment] = /Its state in a word\.([^]*?)\*\/\n {2}readonly state/.exec(
    await Deno.readTextFile(new URL("src/state/channel_state.ts", root)),
  )!;
  assert.deepEqual(told.sort(), spans(comment).sort());
});

Deno.test("groups: the table of strategies has each with what show calls it", async () => {
  const told = (await page("groups")).table("type").map(([label, name]) => [spans(label)[0], spans(name)[0]]);
  assert.deepEqual(told.sort(), strategies.map(({ label, name }) => [label, name]).sort());
});

Deno.test("health-checks: the table of results has each result of a check", async () => {
  const verdict = await Deno.readTextFile(new URL("src/health/verdict.ts", root));
  const told = (await page("health-checks")).table("result").flatMap(([codes]) => spans(codes));
  assert.deepEqual(told.sort(), [...verdict.matchAll(/^ {2}\| "(\w+)"/gm)].map(([, code]) => code).sort());
});

Deno.test("observing: the table of ends has each bad end of a connection", async () => {
  const told = (await page("observing")).table("`end`").flatMap(([ends]) => spans(ends));
  assert.deepEqual(told.sort(), ENDS.filter((end) => end !== "closed").sort());
});

Deno.test("limits: the table of reasons has each reason for a refusal", async () => {
  const told = (await page("limits")).table("reason").flatMap(([reason]) => spans(reason));
  assert.deepEqual(told.sort(), Object.keys(REFUSAL_WORDS).sort());
});

Deno.test("logs: the table of letters has each letter of a format", async () => {
  const told = (await page("logs")).table("letters").flatMap(([letters]) => spans(letters));
  assert.deepEqual(told.sort(), [...Object.keys(logLetters), "%"].map((letter) => `%${letter}`).sort());
});

Deno.test("engines: what only the linux engine has is an error with the portable one", async () => {
  const [sentence] = /Only it passes on.*?they are errors/s.exec((await page("engines")).prose)!;
  const told = spans(sentence).map((span) =>
    optionList.find(([, { name, short }]) => [`-${short}`, `--${name}`].includes(span))![0]
  );
  const refused = optionList.map(([key]) => key).filter((key) => {
    // A number for options that take one, anything for the others: the engine only checks whether it is set.
    const request = { ports: [{ first: 80, last: 80, word: "80" }], groups: [], values: { [key]: 2 } };
    const settings = { ...serviceOptions({}), hostname: "", port: 0, maxConnections: 1, trace: false };
    try {
      chooseEngine("portable", { threads: key === "threads" ? 2 : 1 }, [{ request, settings }]);
    } catch (error) {
      return error instanceof EngineUnavailable;
    }
  });
  assert.deepEqual(told.sort(), refused.sort());
});

Deno.test("README: the table of dependencies has each package that is imported", async () => {
  const told = README.table("package").flatMap(([name]) => spans(name));
  assert.deepEqual(told.sort(), Object.keys(configuration.imports).sort());
  const [[deno]] = README.table("package");
  assert.ok(deno.endsWith(` ${(await Deno.readTextFile(new URL(".dvmrc", root))).trim()}`), deno);
});

Deno.test("groups: limits are those of the program", async () => {
  assert.ok((await page("groups")).prose.includes(`There can be ${MAX_GROUPS} groups of ${MAX_CHANNELS} channels.`));
});

for (const [{ name, text: all }, units] of [[README, 1], [await page("operation"), 2]] as const) {
  Deno.test(`${name}: the lines that install a systemd unit fit the unit`, async () => {
    const blocks = [...all.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block),
      [user] = all.match(/(?<=^useradd --system )\S+$/m)!;
    const installing = blocks.filter((block) => block.includes("/etc/systemd/system/"));
    assert.equal(installing.length, units);
    for (const block of installing) {
      const [, path] = /^cp (\S+) \/etc\/systemd\/system\/$/m.exec(block)!;
      const unit = await Deno.readTextFile(new URL(path, root));
      assert.equal(/^User=(.*)$/m.exec(unit)?.[1], user);
      assert.match(block, new RegExp(`^sudo -u ${user} balance -c `, "m"));
      const [, enabled, instance] = /^systemctl enable --now ([\w-]+@?)(\w*)$/m.exec(block)!;
      assert.equal(`${enabled}.service`, path.split("/").at(-1));
      // What the unit reads is what has been written.
      const [, text, written] = /echo '(.*)' > (\S+)$/m.exec(block)!;
      assert.ok(unit.replaceAll("%i", instance).includes(written), `${path} reads ${written}`);
      const words = text.replace(/^BALANCE_CHANNELS=/, `${instance} `).split(" ");
      assert.doesNotThrow(() => parseCommandLine(words), text);
      const order = ["cp ", "systemctl daemon-reload", "systemctl enable"].map((start) => block.indexOf(start));
      assert.ok(order.every((place, i) => place > (order[i - 1] ?? -1)), "in the order in which they work");
    }
  });
}

/** Words of a line for a shell, without what follows them. */
function words(line: string): string[] {
  const quoted = line.replace(/\s+[#|].*$/, "").match(/"[^"]*"|'[^']*'|\S+/g)!;
  return quoted.map((word) => word.replaceAll(/["']/g, ""));
}

for (const { name, text } of pages) {
  Deno.test(`${name}: examples are command lines that the program accepts`, () => {
    const blocks = [...text.matchAll(/^```(?:sh)?\n(.*?)^```$/gms)].map(([, block]) => block);
    const lines = blocks.flatMap((block) => block.split("\n")).flatMap((line) =>
      /^(?:\$ )?balance (.*)$/.exec(line)?.[1] ?? []
    );
    const complete = lines.filter((line) => !/\[|…/.test(line) && !/^\d+ \d+ \d/.test(line));
    for (const line of complete) assert.doesNotThrow(() => parseCommandLine(words(line)), line);
  });
}

Deno.test("--help and the man page: examples are command lines that the program accepts", () => {
  for (const [line] of [...EXAMPLES, ...QUESTIONS]) {
    assert.doesNotThrow(() => parseCommandLine(words(line).slice(1)), line);
  }
});

Deno.test("README: it has enough examples", () => {
  const examples = README.text.match(/^(?:\$ )?balance .*$/gm) ?? [];
  assert.ok(examples.length > 40, `${examples.length} examples`);
});
