import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import { run } from "../support/program.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

/** What no message may hold: control characters but the line feed, and marks that turn or hide text. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** Characters that an argument may have: the system allows 128 KB in one. */
const LONG = 120_000;

const WORDS = [
  "\x1b[31mred\x1b[0m",
  "two\nlines",
  "return\rhere",
  "bell\x07",
  "\u202egnp.exe",
  "\u200bhidden\u2066",
  "\x9b2J",
  "a".repeat(LONG),
  "\x1b".repeat(1000),
];

export const scenarios: Scenario[] = [{
  fault: "hostile words on the command line",
  made: `control characters, right-to-left marks, ${LONG} characters as channel, option, address, port and directory`,
  holds: "refused; escaped and cut in every message",
  async measure(subject) {
    let messages = 0, longest = 0;
    const places = (word: string) => [
      [word],
      ["8080", word],
      ["8080", `host:${word}`],
      ["-b", word, "8080"],
      ["-t", word, "8080", "127.0.0.1"],
      [`--${word}`, "8080"],
    ];
    const all = WORDS.flatMap(places);
    // A few at a time: each is a process.
    for (let i = 0; i < all.length; i += 6) {
      const outcomes = await Promise.all(all.slice(i, i + 6).map((args) => run(["-f", ...subject.options, ...args])));
      for (const { code, stdout, stderr } of outcomes) {
        assert.notEqual(code, 0);
        assert.notEqual(stderr, "");
        assert.doesNotMatch(stdout + stderr, UNSAFE);
        messages++;
        longest = Math.max(longest, stderr.length);
      }
    }
    assert.ok(longest < 4096, `a message of ${longest} characters`);
    return [`${messages} messages, all escaped, the longest of ${longest} characters`];
  },
}, {
  fault: "hostile words in control commands",
  made: "the same words, and a line of 1 MB, as commands, hosts, ports and channels",
  holds: "refused; escaped in every reply and in the log",
  async measure(subject) {
    await using backend = echoBackend();
    await using target = await subject.balance([`127.0.0.1:${backend.port}`]);
    const nothingLeaked = await target.watchForLeaks();
    let replies = 0, refused = 0;
    for (const word of [...WORDS, "b".repeat(1 << 20)]) {
      for (
        const command of [
          word,
          `create ${word} 80`,
          `create 127.0.0.1 ${word}`,
          `assign 0 ${word} 80`,
          `maxc 0 ${word}`,
        ]
      ) {
        let text: readonly string[];
        try {
          const reply = await target.control(command);
          text = reply.text;
          if (reply.outcome === "error") refused++;
        } catch {
          // A line beyond the limit may end the session before all of it is sent.
          text = [];
          refused++;
        }
        assert.doesNotMatch(text.join("\n"), UNSAFE);
        assert.ok(text.join("\n").length < 4096);
        replies++;
      }
    }
    assert.doesNotMatch(target.log.text, UNSAFE);
    assert.equal(refused, replies);
    const client = await target.client();
    await client.send("x");
    await client.readExactly(1);
    client[Symbol.dispose]();
    await nothingLeaked();
    return [`${replies} commands, ${refused} refused, every reply and the log escaped`];
  },
}];

testScenarios(import.meta.url, scenarios);
