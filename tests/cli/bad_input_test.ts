/** Wrong command lines: one clear line that names the word, the exit code of the behaviour page, nothing left running. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { nobodyThere } from "../support/nobody_there.ts";
import { program, programPath, run, windows } from "../support/program.ts";
import { condition, ipv6, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Arguments, and the word that the message must name, as it is shown. */
type Wrong = readonly [args: readonly string[], named: string];

const PORT = String(freePort()), HOST = "127.0.0.1";

/** What no message may contain, because it could steer a terminal, forge a line, or hide. */
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** Runs each command line and checks what it says. */
async function assertRefused(code: number, list: readonly Wrong[]): Promise<void> {
  using directory = temporaryDirectory();
  // Under Wine every start takes seconds, and words are read the same way everywhere: there, every fifth will do.
  const wrong: unknown[] = [], queue = list.filter((_, i) => !windows || i % 5 === 0);
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [args, named] = next;
      // First, so that `args` may end in an option without its value.
      const { code: got, stdout, stderr } = await run(["--control-dir", programPath(directory.path), ...args]);
      const clear = /^balance: [^\n]+\n$/.test(stderr) && !UNSAFE.test(stderr.slice(0, -1)) && stderr.length < 1000;
      if (got === code && stdout === "" && clear && stderr.includes(named)) continue;
      wrong.push({ args: JSON.stringify(args).slice(0, 200), code: got, stdout, stderr, named });
    }
  };
  await Promise.all([worker(), worker()]);
  assert.deepEqual(wrong, []);
  assert.deepEqual([...Deno.readDirSync(directory.path)], []);
}

Deno.test("a channel without a limit that is the balancer itself is refused with 65", () =>
  assertRefused(65, [
    [["-f", PORT, "127.0.0.1"], '"127.0.0.1" is this balancer itself'],
    [["-f", PORT, "127.0.0.1:1", `127.0.0.1::2`, "!", `127.7.7.7:${PORT}`], `"127.7.7.7:${PORT}"`],
    [["-f", "-b", HOST, PORT, "127.0.0.1:1", "!", `0.0.0.0:${PORT}`], `"0.0.0.0:${PORT}"`],
    [["-f", "-b", HOST, PORT, HOST], `as in "${HOST}::4"`],
    [["-f", PORT, `localhost:${PORT}:0`], "--allow-loop"],
  ]));

testWith(
  [ipv6],
  "a channel that is the balancer itself, on the IPv6 wildcard, is refused with 65",
  () =>
    assertRefused(65, [
      [["-f", "-6", PORT, "[::1]"], '"[::1]" is this balancer itself'],
      [["-f", "-6", PORT, "127.0.0.1"], '"127.0.0.1" is this balancer itself'],
    ]),
);

/** An address of this machine that is not loopback. */
const own = Deno.networkInterfaces().find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))
  ?.address;

testWith(
  [condition(own !== undefined, "needs an address besides loopback")],
  "a channel that is the balancer itself, by any address of this machine, is refused with 65",
  () => assertRefused(65, [[["-f", PORT, own!], `"${own}" is this balancer itself`]]),
);

Deno.test("a wrong option is refused with 64", () =>
  assertRefused(64, [
    [["--nope", PORT], '"--nope"'],
    [["--json", PORT], "--json"],
    [["-x", PORT], '"-x"'],
    [["-fx", PORT], '"-x"'],
    [["-f=1", PORT], '"-="'],
    [["--foreground=yes", PORT], '"yes"'],
    [["--__proto__", PORT], '"--__proto__"'],
    [["--constructor=1", PORT], '"--constructor"'],
    [[PORT, HOST, "-z"], '"-z"'],
    [["--log-format", "xml", PORT], '"xml"'],
    [["--engine", "steam", PORT], '"steam"'],
    [["--control-dir", "", PORT], "--control-dir"],
    [["--list", PORT], `"${PORT}"`],
    [[PORT, "-b"], "-b"],
    [[PORT, "-t"], "-t"],
    [[PORT, "-c"], "-c"],
    [[PORT, "--bind"], "--bind"],
  ]));

Deno.test("the nearest known option is suggested for an unknown one", async () => {
  for (
    const [wrong, meant] of [
      ["--foregroud", "--foreground"],
      ["--bnid", "--bind"],
      ["--conect-timeout", "--connect-timeout"],
      ["--idle", "--idle-timeout"],
      ["--packetdump", "--packet-dump"],
      ["-F", "-f"],
      ["-P", "-p"],
    ]
  ) {
    const { code, stderr } = await run([wrong, PORT]);
    assert.equal(code, 64);
    assert.ok(stderr.startsWith(`balance: unknown option "${wrong}", did you mean ${meant}?`), stderr);
  }
  const { stderr } = await run(["--xyzzy", PORT]);
  assert.doesNotMatch(stderr, /did you mean/);
});

Deno.test("a missing or bad port is refused with 64", () =>
  assertRefused(64, [
    [[], "port"],
    [["-f"], "port"],
    ...[
      "0",
      "65536",
      "99999999999999999999",
      "1.5",
      "-1",
      "http/",
      "",
      " ",
      " 80",
      "0x50",
      "+80",
      "8e1",
      "８０",
      "no-such-service",
      "__proto__",
      "constructor",
    ].map((word): Wrong => [word.startsWith("-") ? ["--", word, HOST] : [word, HOST], `"${word}"`]),
    [["-c", "show", "0"], '"0"'],
    [["-i", "http/"], '"http/"'],
  ]));

Deno.test("a bad list of ports or name is refused with 64, and the wrong part named", () =>
  assertRefused(64, [
    [["80,no,443", HOST], '"no" is neither'],
    [["80,", HOST], '"" is neither'],
    [["8010-8000", HOST], '"8010-8000" ends before it begins'],
    [["1-65536", HOST], '"1-65536" goes beyond'],
    [["80,443,80", HOST], '"80" is given twice in "80,443,80"'],
    [["8000-8010,8005", HOST], '"8005" overlaps "8000-8010"'],
    [["--name", "80", PORT, HOST], "option --name takes a name of letters"],
    [["--name", "a b", PORT, HOST], '"a b"'],
    [["-6", "-b", "::1", "-b", "127.0.0.1", PORT], '-b "127.0.0.1"'],
  ]));

Deno.test("a bad number is refused with 64", () =>
  assertRefused(64, [
    ...["0", "x", "-1", "", "1e3", "0x1", "Infinity", "NaN", ".", "1,5", "99999999999", " 1", "0.0"]
      .map((word): Wrong => [["-t", word, PORT, HOST], `"${word}"`]),
    ...["x", "-1", "", "99999999999"].map((word): Wrong => [["-T", word, PORT, HOST], `"${word}"`]),
    ...["x", "-1"].map((word): Wrong => [["--drain-timeout", word, PORT, HOST], `"${word}"`]),
    ...["0", "x", "-1", "1.5", "99999999999"].map((word): Wrong => [["--max-connections", word, PORT], `"${word}"`]),
    [["-tx", PORT, HOST], '"x"'],
    [["-t0", PORT, HOST], '"0"'],
    [["--idle-timeout=soon", PORT, HOST], '"soon"'],
  ]));

Deno.test("a bad address to listen on or connect from is refused with 64, one of another machine with 71", async () => {
  await assertRefused(64, [
    [["-b", "", PORT], "-b"],
    [["-b", "256.0.0.1", PORT], '"256.0.0.1"'],
    [["-b", "no-such-host.invalid", PORT], '"no-such-host.invalid"'],
    [["-b", "a b", PORT], '"a b"'],
    [["-b", "1.2.3.4:80", PORT], '"1.2.3.4:80"'],
    [["-6", "-b", "127.0.0.1", PORT], '"127.0.0.1"'],
    [["-B", "localhost", PORT, HOST], '"localhost"'],
    [["-B", "", PORT, HOST], "-B"],
    [["-B", "300.1.1.1", PORT, HOST], '"300.1.1.1"'],
    [["-b", "::ffff:1.2.3.4%eth0", PORT, HOST], '"::ffff:1.2.3.4%eth0"'],
    [["-B", "::ffff:1.2.3.4%eth0", PORT, HOST], '"::ffff:1.2.3.4%eth0"'],
  ]);
  // TEST-NET-3 (RFC 5737): no machine has such an address.
  await assertRefused(71, [
    [["-b", "203.0.113.7", PORT, HOST], "203.0.113.7"],
    [["-f", "-b", "203.0.113.7", PORT, HOST], "203.0.113.7"],
    [["-B", "203.0.113.7", PORT, HOST], '"203.0.113.7"'],
  ]);
});

Deno.test("a bad channel is refused with 65", () =>
  assertRefused(
    65,
    [
      "",
      ":80",
      "::16",
      ":80:16",
      "a:b:c:d",
      "host:80:1:",
      "host:0",
      "host:65536",
      "host:1.5",
      "host:http/",
      "host: 80",
      "host:80:-1",
      "host:80:x",
      "host:80:1.5",
      "host:80:2147483648",
      "host:80:99999999999999999999",
      "host:__proto__",
      "::1",
      "2001:db8::1",
      "[]:80",
      "[::1",
      "[::1]80",
      "[::1]:0",
      "[1.2.3.4]:80",
      "[host]:80",
      "http://host:80",
      "-host-:http/",
    ].map((word): Wrong => [["--", PORT, HOST, word], `"${word}"`]),
  ));

Deno.test("a wrong option of a channel, or an unknown strategy, is refused with 64 and named", () =>
  assertRefused(64, [
    ...["wieght=3", "weight", "weight=-1", "weight=257", "weight=\x1b[2J", "name=7", "name=a:b", "", "maxc=x"].map(
      (option): Wrong => [[PORT, HOST, `${HOST},${option}`], `"${HOST},${option.replace("\x1b", "\\x1b")}"`],
    ),
    [[PORT, `${HOST}:1:5,maxc=5`], "maxc is given twice"],
    [[PORT, `${HOST},name=a`, "!", `${HOST},name=a`], `"${HOST},name=a" already has that name`],
    [[PORT, HOST, "%hsh"], '"%hsh", did you mean %hash?'],
  ]));

Deno.test("an unknown host is refused with 65 and named", () =>
  assertRefused(65, [
    [[PORT, "no-such-host.invalid"], '"no-such-host.invalid"'],
    [[PORT, HOST, "!", "127.0.0.1:1", "no-such-host.invalid:80:16", "%"], '"no-such-host.invalid"'],
    [["-f", PORT, "256.256.256.256"], '"256.256.256.256"'],
    [[PORT, "[fe80::1%no-such-interface]:80"], '"no-such-interface"'],
    [[PORT, "a".repeat(64) + ".invalid"], '"' + "a".repeat(64)],
    [[PORT, "..:80"], '".."'],
    [[PORT, "ho st:80"], '"ho st"'],
    [["-B", "127.0.0.1", PORT, HOST, "[::1]:80"], '"::1" has no IPv4 address, which the source 127.0.0.1 requires'],
    [[PORT, "host/:80"], '"host/"'],
  ]));

testWith(
  [ipv6],
  "a channel that the source address cannot reach is refused with 65, or as an invalid address",
  async () => {
    await assertRefused(65, [[
      ["-B", "::1", PORT, HOST],
      '"127.0.0.1" has no IPv6 address, which the source ::1 requires',
    ]]);
    await using instance = await Instance.start(["[::1]:1"], { options: ["-B", "::1"] });
    assert.equal(await instance.control("create 127.0.0.1 80"), "invalid address\n");
    assert.equal(await instance.control("create ::1 80"), "channel created\n");
  },
);

Deno.test("an empty group is refused with 69", () =>
  assertRefused(69, [
    [[PORT, "!"], '"!"'],
    [[PORT, "%"], '"%"'],
    [[PORT, "!", HOST], '"!"'],
    [[PORT, HOST, "!", "!"], '"!"'],
    [[PORT, HOST, "!", "%", HOST], '"%"'],
    [[PORT, HOST, "%", "%"], '"%"'],
  ]));

Deno.test("one channel too many is refused with 64, one group too many with 69", async () => {
  const channels = (count: number) => Array.from({ length: count }, (_, i) => `127.0.0.1:${i + 1}`);
  await assertRefused(64, [
    [[PORT, ...channels(65)], '"127.0.0.1:65"'],
    [[PORT, ...channels(64), "!", ...channels(65)], '"127.0.0.1:65"'],
  ]);
  const groups = Array.from({ length: 32 }, (_, i) => [`127.0.0.1:${i + 1}`, "!"]).flat();
  await assertRefused(69, [[[PORT, ...groups, "127.0.0.1:33"], '"127.0.0.1:33"']]);
});

Deno.test("control options combined with anything that does not go with them are refused with 64", () =>
  assertRefused(64, [
    [["-i", PORT, HOST], `"${HOST}"`],
    [["-c", "show", PORT, HOST], `"${HOST}"`],
    [["-i", PORT, "!"], '"!"'],
    [["-i", "-c", "show", PORT], "-c"],
    [["-ic", "show", PORT], "-c"],
    [["--top", PORT, HOST], `"${HOST}"`],
    [["--top", "-i", PORT], "-i"],
    [["--top", PORT], "needs a terminal"],
  ]));

Deno.test("without an instance, -i and -c end with 69", async () => {
  using directory = temporaryDirectory();
  for (
    const [what, ...words] of [
      [`no service on port ${PORT}`, "-c", "show", PORT],
      ["no instance", "-c", "show"],
      [`no service on port ${PORT}`, "-i", PORT],
      [`no service on 127.0.0.1:${PORT}`, "-b", "127.0.0.1", "-i", PORT],
    ]
  ) {
    const outcome = await run(["--control-dir", programPath(directory.path), ...words]);
    assert.deepEqual(outcome, { code: 69, stdout: "", stderr: nobodyThere(directory, what) });
  }
});

Deno.test("words that could steer a terminal are shown escaped", () =>
  assertRefused(65, [
    [[PORT, "a\x1b[31mb"], String.raw`"a\x1b[31mb"`],
    [[PORT, "a\nbalance: all is well"], String.raw`"a\x0abalance: all is well"`],
    [[PORT, "a\rb:80"], String.raw`a\x0db`],
    [[PORT, "a\u202eb"], String.raw`"a\u202eb"`],
    [[PORT, "a\u200fb"], String.raw`"a\u200fb"`],
    [[PORT, "a\u0085b"], String.raw`"a\x85b"`],
    [[PORT, "a\x7fb"], String.raw`"a\x7fb"`],
    [[PORT, "a\u2028b:x:y"], String.raw`"a\u2028b:x:y"`],
    // Windows has its own ideas of quotes in arguments.
    ...(windows ? [] : [[[PORT, 'a"b'], String.raw`"a\"b"`] as Wrong]),
  ]));

Deno.test("words that could steer a terminal are also shown escaped in options and ports", () =>
  assertRefused(64, [
    [["--\x1b[31m", PORT], String.raw`"--\x1b[31m"`],
    [["-\x1b", PORT], String.raw`"-\x1b"`],
    [["80\x1b]0;title\x07", HOST], String.raw`"80\x1b]0;title\x07"`],
    [["-t", "5\u202e", PORT], String.raw`"5\u202e"`],
    [["-b", "\x1b", PORT], String.raw`"\x1b"`],
    [["--log-format", "\u2066", PORT], String.raw`"\u2066"`],
  ]));

testWith([posix], "words too long to read are cut in the message", async () => {
  // 128 KB is the longest that Linux takes as one argument.
  const long = "a".repeat(130_000);
  await assertRefused(65, [[[PORT, long], "(130000 characters)"], [[PORT, `${HOST}:${long}`], "characters)"]]);
  await assertRefused(64, [[[long], "(130000 characters)"], [[`--${long}`, PORT], "(130002 characters)"], [[
    `-${long}`,
    PORT,
  ], "(130001 characters)"], [
    [`-${long.replaceAll("a", "f")}`, PORT],
    "(130001 characters)",
  ]]);
});

testWith(
  [posix],
  "a megabyte of arguments is refused like one word",
  () =>
    assertRefused(65, [[
      [PORT, ...Array.from({ length: 10 }, (_, i) => String(i).repeat(100_000))],
      "(100000 characters)",
    ]]),
);

// The runtime of a compiled program reads the arguments before the program does, and gives up on such a one.
const fromSource = condition(Deno.env.get("BALANCE_PROGRAM") === undefined, "needs the program as source");

testWith([posix, fromSource], "an argument that is not UTF-8 is refused without a crash", async () => {
  const script = `printf '%s' "$(exec "$@" 8080 "$(printf 'a\\377b')" 2>&1)"; exit 0`;
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...program],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.match(text, /^balance: [^\n]+$/);
});

Deno.test("a control command of a megabyte gets a one-line error, and the instance continues", async () => {
  // On the command line an argument cannot be so long; the limit of the socket is far below both.
  await using instance = await Instance.start(["127.0.0.1:1"]);
  const { stdout, stderr } = await instance.run(["-c", "x".repeat(windows ? 20_000 : 120_000)]);
  assert.match(stdout + stderr, /^[^\n]*line too long[^\n]*\n$/);
  assert.equal(await instance.control("disable 0"), "channel 0 disabled\n");
});
