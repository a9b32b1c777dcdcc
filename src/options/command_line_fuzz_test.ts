import assert from "node:assert/strict";
import fc from "fast-check";
import { foreignText, isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { parseCommandLine, type Request } from "./command_line.ts";
import { faultText, FaultyWords } from "./fault.ts";
import { nearest } from "./nearest.ts";
import { negativeName } from "./option_record.ts";
import { optionList } from "./option_records.ts";
import { splitWords } from "./split_words.ts";
import { serviceOptions } from "./values.ts";

const longNames = optionList.flatMap(([, record]) => [record.name, negativeName(record) ?? record.name])
  .map((name) => `--${name}`);
const shortNames = optionList.flatMap(([, { short }]) => short === undefined ? [] : [short]);

const number = fc.oneof(
  fc.integer().map(String),
  fc.double().map(String),
  fc.constantFrom(
    "0",
    "1",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "1e3",
    "0x10",
    "-0",
    "1.",
    ".5",
    ".",
    "9".repeat(400),
  ),
);
const value = fc.oneof(
  foreignText(),
  number,
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("auto", "linux", "json", "nobody", "1,2,3", "[::1]", "::1%1", "::ffff:1.2.3.4", "http", "show"),
);
/** An option of a channel, right or wrong. */
const channelOption = fc.constantFrom("weight=3", "weight=257", "name=x", "name=7", "maxc=1", "weight", "nmae=x", "=");
/** One argument: options in every spelling, ports, channels, separators and anything else. */
const argument = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...longNames) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...longNames), value).map((pair) => pair.join("=")) },
  {
    weight: 3,
    arbitrary: fc.array(fc.constantFrom(...shortNames), { minLength: 1, maxLength: 4 }).map((all) =>
      `-${all.join("")}`
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...shortNames), value).map(([name, text]) => `-${name}${text}`) },
  { weight: 4, arbitrary: value },
  { weight: 2, arbitrary: fc.array(value, { maxLength: 4 }).map((parts) => parts.join(":")) },
  { weight: 2, arbitrary: fc.array(fc.oneof(value, channelOption), { maxLength: 4 }).map((parts) => parts.join(",")) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "!",
      "%",
      "%least",
      "%lest",
      "-",
      "--",
      "",
      "--no-list",
      "-=",
      "--=x",
      "--__proto__",
      "--constructor=1",
    ),
  },
);

/** What must hold for every list of arguments. */
function checkOutcome(args: readonly string[]): void {
  let request: Request;
  try {
    request = parseCommandLine(args);
  } catch (error) {
    if (!(error instanceof FaultyWords)) throw error;
    assert.ok([64, 65, 69].includes(error.code), `exit code ${error.code}`);
    for (const fault of error.faults) {
      const line = faultText(fault);
      assert.ok(fault.word >= 0 && fault.word <= args.length, `word ${fault.word}`);
      assert.ok(line.length > 0 && line.length < 600, `${line.length} characters`);
      assert.ok(isHarmless(line), JSON.stringify(line));
    }
    return;
  }
  assert.ok(["serve", "check", "diff", "control", "list", "help", "completions", "version"].includes(request.action));
  if (request.action !== "serve" || request.config !== undefined) return;
  const [{ ports, groups, values }] = request.services, options = serviceOptions(values);
  for (const { first, last } of ports) {
    assert.ok(Number.isInteger(first) && first >= 1 && Number.isInteger(last) && last <= 65535 && first <= last);
  }
  const { connectTimeout, failTimeout, idleTimeout, halfCloseTimeout, userTimeout } = options;
  for (const seconds of [connectTimeout, failTimeout, idleTimeout, halfCloseTimeout]) {
    assert.ok(seconds >= 0 && seconds < 2 ** 31);
  }
  assert.ok(userTimeout === undefined || userTimeout > 0 && userTimeout * 1000 < 2 ** 31);
  assert.ok(connectTimeout > 0);
  for (const count of [options.maxConnections, options.sendBuffer, options.receiveBuffer, options.backlog]) {
    assert.ok(count === undefined || (Number.isInteger(count) && count >= 1 && count < 2 ** 31));
  }
  assert.ok(groups.length <= 32);
  for (const { channels } of groups) assert.ok(channels.length >= 1 && channels.length <= 64);
}

Deno.test("any list of arguments is a request or one clear error", () => {
  fc.assert(fc.property(fc.array(argument, { maxLength: 8 }), checkOutcome), parameters(3000));
});

Deno.test("any list of arguments behind a port and a channel is a request or one clear error", () => {
  const args = fc.array(argument, { maxLength: 6 });
  fc.assert(fc.property(args, (more) => checkOutcome(["8080", "127.0.0.1", ...more])), parameters(2000));
});

Deno.test("arguments of the greatest length are accepted or refused without delay", () => {
  // 128 KiB is Linux's limit for one argument (execve(2)); quadratic work would take a minute here.
  const length = 128 * 1024 - 32;
  const longs = ["1", "0", ":", "a", ".", "-", "%", "[", "]", ",", "\x1b", "é", "1.", "a:", "::", "=", "@", "$"]
    .map((unit) => unit.repeat(length / unit.length));
  for (const long of longs) {
    for (const tail of ["", "x", ":", "]", "."]) {
      const word = long + tail;
      checkOutcome(["8080", word]);
      checkOutcome(["8080", `[${word}`]);
      checkOutcome([word]);
      checkOutcome([`--${word}`, "8080"]);
      for (const [, { name, kind }] of optionList) {
        if (kind.metavar !== undefined) checkOutcome([`--${name}=${word}`, "8080"]);
      }
    }
  }
});

Deno.test("an IPv6 address with an endless zone is refused in one short line", () => {
  for (const zone of ["1:" + "9".repeat(900), "9".repeat(900), "a".repeat(900)]) {
    checkOutcome(["http", `::1%${zone}`]);
    checkOutcome(["8080", `::1%${zone}`]);
  }
});

Deno.test("words behind -- and words that are no options keep their order and their letters", () => {
  const plain = fc.array(foreignText().filter((word) => !word.startsWith("-")), { maxLength: 6 });
  fc.assert(
    fc.property(plain, fc.array(foreignText(), { maxLength: 4 }), (before, after) => {
      const { words } = splitWords([...before, "--", ...after]);
      assert.deepEqual(words.map(({ text }) => text), [...before, ...after]);
    }),
    parameters(500),
  );
});

Deno.test("a suggestion is one of the candidates or none", () => {
  fc.assert(
    fc.property(foreignText(), (word) => {
      const found = nearest(word, longNames);
      assert.ok(found === undefined || longNames.includes(found));
    }),
    parameters(500),
  );
});
