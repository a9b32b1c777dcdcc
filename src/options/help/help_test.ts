import assert from "node:assert/strict";
import { channelRecordList } from "../channel_records.ts";
import { conditionRecordList } from "../condition_records.ts";
import { optionList } from "../option_records.ts";
import { channelHelp } from "./channel_options.ts";
import { groupHelp } from "./group_conditions.ts";
import { manPage } from "./man_page.ts";
import { overview } from "./overview.ts";
import { allOptions, sectionHelp } from "./section.ts";
import { helpTopics, sections } from "./topics.ts";

const commands = [{ name: "show", parameters: "[json]", summary: "show \\ all" }];
const parts = { version: "1.2.3", commands, exitCodes: { 0: "done" } } as const;

/** Whether a line is that of an option. */
const isOf = (line: string, name: string) =>
  /^ {2}(?:-., | {4})--/.test(line) && line.slice(6).startsWith(`--${name} `);

Deno.test("the help fits on a screen and has what most people need", () => {
  const lines = overview("1.2.3", false).split("\n");
  assert.deepEqual(lines.filter((line) => line.length > 80), []);
  assert.ok(lines.length <= 46, `${lines.length} lines`);
  for (const [, { name, common }] of optionList) {
    assert.equal(lines.filter((line) => isOf(line, name)).length, common ? 1 : 0, name);
  }
  for (const section of sections) assert.match(lines.join("\n"), new RegExp(`\\b${section}\\b`));
});

Deno.test("the help on everything has each option once, and that on a section has its own", () => {
  const each = sections.map((section) => sectionHelp(section, false)).join("\n").split("\n");
  for (const lines of [allOptions(false).split("\n"), each]) {
    assert.deepEqual(lines.filter((line) => line.length > 80), []);
    for (const [, { name, summary }] of optionList) {
      const told = lines.filter((line) => isOf(line, name));
      assert.equal(told.length, 1, name);
      assert.ok(told[0].endsWith(` ${summary}`), name);
    }
  }
});

Deno.test("the help on everything and that on channels have each option of a channel once", () => {
  for (const lines of [allOptions(false).split("\n"), channelHelp(false).split("\n")]) {
    assert.deepEqual(lines.filter((line) => line.length > 80), []);
    for (const [, { name, summary }] of channelRecordList) {
      const told = lines.filter((line) => new RegExp(`^ {2}${name}(?:=| )`).test(line));
      assert.deepEqual(told.map((line) => line.endsWith(` ${summary}`)), [true], name);
    }
  }
});

Deno.test("the help on everything and that on groups have each condition of a group once", () => {
  for (const lines of [allOptions(false).split("\n"), groupHelp(false).split("\n")]) {
    assert.deepEqual(lines.filter((line) => line.length > 80), []);
    for (const [, { name, summary }] of conditionRecordList) {
      const told = lines.filter((line) => line.startsWith(`  ${name}=`));
      assert.deepEqual(told.map((line) => line.endsWith(` ${summary}`)), [true], name);
    }
  }
});

Deno.test("colour changes nothing but the looks", () => {
  for (const text of [(colour: boolean) => overview("1.2.3", colour), allOptions, channelHelp, groupHelp]) {
    assert.notEqual(text(true), text(false));
    assert.equal(text(true).replaceAll(/\x1b\[\d+m/g, ""), text(false));
    assert.doesNotMatch(text(false), /\x1b/);
  }
});

Deno.test("the man page has each option once, and is ASCII in lines that no reader of roff takes for something else", () => {
  const page = manPage(parts), lines = page.split("\n");
  assert.match(page, /^[\n -~]+$/);
  for (const [, { name }] of optionList) {
    const heading = `\\fB\\-\\-${name.replaceAll("-", "\\-")}\\fR`;
    assert.equal(lines.filter((line) => line.startsWith("\\fB\\-") && line.includes(heading)).length, 1, name);
  }
  for (const [, { name }] of channelRecordList) {
    assert.equal(lines.filter((line) => line.startsWith(`\\fB${name.replaceAll("-", "\\-")}\\fR`)).length, 1, name);
  }
  for (const [, { name }] of conditionRecordList) {
    assert.equal(lines.filter((line) => line.startsWith(`\\fB${name}=\\fR`)).length, 1, name);
  }
  assert.ok(lines.includes("Show \\e all."));
  const requests = new Set(lines.filter((line) => /^[.']/.test(line)).map((line) => line.split(" ")[0]));
  assert.deepEqual([...requests].sort(), [".BR", ".EE", ".EX", ".PP", ".SH", ".SS", ".TH", ".TP", ".br"]);
});

Deno.test("no two options share a name or a letter, and no section is called like another topic", () => {
  const letters = optionList.flatMap(([, { short }]) => short ?? []), names = optionList.map(([, { name }]) => name);
  for (const list of [letters, names, helpTopics]) assert.equal(new Set(list).size, list.length);
});
