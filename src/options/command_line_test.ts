import assert from "node:assert/strict";
import { parseCommandLine } from "./command_line.ts";
import { FaultyWords } from "./fault.ts";
import { RESERVED_NAMES } from "./kinds/name.ts";
import type { ServiceSpec } from "./service_spec.ts";
import { type ProcessOptions, processOptions, type ServiceOptions, serviceOptions } from "./values.ts";

/** All options of the process and its one service, with that service's ports and groups. */
function serve(...args: string[]): ProcessOptions & ServiceOptions & Omit<ServiceSpec, "values"> {
  const request = parseCommandLine(args);
  assert.ok(request.action === "serve" && request.services.length === 1);
  const { values, ...rest } = request.services[0];
  return { ...processOptions(request.values), ...serviceOptions(values), ...rest };
}

/** The exit code and message that arguments are refused with. */
function refusal(...args: string[]): [number, string] {
  try {
    parseCommandLine(args);
  } catch (error) {
    assert.ok(error instanceof FaultyWords);
    assert.equal(error.faults.length, 1);
    return [error.code, error.message];
  }
  throw new Error(`not refused: ${JSON.stringify(args).slice(0, 200)}`);
}

Deno.test("a port alone has the manual's defaults", () => {
  assert.deepEqual(serve("8080"), {
    name: "8080",
    ports: [{ first: 8080, last: 8080, word: "8080" }],
    groups: [],
    ipv6: false,
    onDeny: "close",
    clientPrefix: 64,
    accessDryRun: false,
    proxy: "off",
    proxyChecksum: false,
    proxyUniqueId: false,
    proxyPassTlv: false,
    proxyTimeout: 5,
    preambleTimeout: 3,
    connectTimeout: 5,
    connectionLogSample: 1,
    failTimeout: 0,
    slowStart: 0,
    queue: 0,
    queueLimit: 65_536,
    idleTimeout: 0,
    halfCloseTimeout: 3600,
    abortOnClose: false,
    drainTimeout: 10,
    grace: 0,
    engine: "auto",
    threads: "auto",
    backlog: 4096,
    autodisable: false,
    hashFailover: false,
    sticky: 0,
    stickySize: 65536,
    allowLoop: false,
    check: "off",
    checkInterval: 2,
    rise: 2,
    fall: 3,
    onDown: "keep",
    resolve: false,
    foreground: false,
    memoryMap: false,
    packetDump: false,
    trace: false,
    logLevel: "info",
    logFormat: "text",
    logInterval: 0,
  });
});

Deno.test("only what was given is kept", () => {
  assert.deepEqual(parseCommandLine(["-fat5", "--max-connections", "9", "80"]), {
    action: "serve",
    values: { foreground: true },
    services: [{
      name: "80",
      ports: [{ first: 80, last: 80, word: "80" }],
      groups: [],
      values: { autodisable: true, connectTimeout: 5, maxConnections: 9 },
    }],
  });
});

Deno.test("short options mean the same joined, apart, and by their long names", () => {
  const apart = serve("-a", "-d", "-f", "-p", "-H", "-M", "-t", "2.5", "-T", "30", "-b", "::1", "-B", "10.0.0.1", "80");
  assert.deepEqual(serve("-adfpHMt2.5", "-T30", "-b::1", "-B10.0.0.1", "80"), apart);
  assert.deepEqual(serve("80", "-T", "30", "-B", "10.0.0.1", "-adfpHMt2.5", "-b", "::1"), apart);
  const long = ["--autodisable", "--debug", "--foreground", "--packet-dump", "--hash-failover", "--memory-map"]
    .concat(["--connect-timeout=2.5", "--idle-timeout", "30", "--bind=::1", "--source", "10.0.0.1"]);
  assert.deepEqual(serve(...long, "80"), apart);
  const { connectTimeout, idleTimeout, hostname, source, autodisable, foreground } = apart;
  assert.deepEqual([connectTimeout, idleTimeout, hostname, source, autodisable, foreground], [
    2.5,
    30,
    ["::1"],
    "10.0.0.1",
    true,
    true,
  ]);
});

Deno.test("the last one of an option that is given twice counts", () => {
  assert.equal(serve("-t1", "80", "-t2").connectTimeout, 2);
});

Deno.test("times may have fractions", () => {
  for (
    const [word, seconds] of [["1", 1], ["0.5", 0.5], [".5", 0.5], ["2.", 2], ["007", 7], [
      "2147483647",
      2 ** 31 - 1,
    ]] as const
  ) {
    assert.equal(serve("-t", word, "80").connectTimeout, seconds);
    assert.equal(serve("-T", word, "80").idleTimeout, seconds);
  }
  assert.equal(serve("-T0", "80").idleTimeout, 0);
  assert.equal(serve("--half-close-timeout", "0.5", "80").halfCloseTimeout, 0.5);
  assert.equal(serve("--half-close-timeout=0", "80").halfCloseTimeout, 0);
  assert.equal(serve("--drain-timeout", "0", "80").drainTimeout, 0);
});

Deno.test("the address to listen on is brought into one form", () => {
  for (
    const [word, bind] of [
      ["::ffff:10.1.1.3", "10.1.1.3"],
      ["::FFFF:0a01:0103", "10.1.1.3"],
      ["2001:DB8::1", "2001:db8::1"],
      ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
      ["[::1]", "::1"],
      ["example.org", "example.org"],
      ["FE80::0:11%7", "fe80::11%7"],
      ["[fe80::0:11%eth0]", "fe80::11%eth0"],
    ]
  ) assert.deepEqual(serve("-b", word, "80").hostname, [bind]);
  assert.equal(serve("-B", "FE80::0:11%eth0", "80").source, "fe80::11%eth0");
  assert.deepEqual(serve("-6", "80").hostname, undefined);
  assert.deepEqual(serve("-6", "-b", "::1", "80").hostname, ["::1"]);
});

Deno.test("control requests keep what was asked for apart from what was left out", () => {
  const none = {
    ...{ bind: undefined, ipv6: false, port: undefined, service: undefined },
    ...{ strict: false, debug: false, controlDir: undefined },
  };
  assert.deepEqual(parseCommandLine(["-i"]), { ...none, action: "control", commands: [] });
  assert.deepEqual(parseCommandLine(["-c", "show json", "80"]), {
    ...none,
    action: "control",
    commands: ["show json"],
    port: 80,
  });
  assert.deepEqual(parseCommandLine(["-dib", "::ffff:127.0.0.1", "80", "--control-dir", "/x"]), {
    action: "control",
    commands: [],
    bind: "127.0.0.1",
    ipv6: false,
    port: 80,
    service: undefined,
    strict: false,
    debug: true,
    controlDir: "/x",
  });
  assert.deepEqual(parseCommandLine(["-6c", ""]), {
    ...none,
    action: "control",
    commands: [""],
    bind: "::",
    ipv6: true,
  });
  assert.deepEqual(parseCommandLine(["-c", "group 1", "--command=show", "80"]), {
    ...none,
    action: "control",
    commands: ["group 1", "show"],
    port: 80,
  });
  const asked = { ...none, action: "control", commands: ["show"] };
  assert.deepEqual(parseCommandLine(["-c", "show", "web"]), { ...asked, service: "web" });
  assert.deepEqual(parseCommandLine(["-c", "show", "http"]), { ...asked, port: 80, service: "http" });
  assert.deepEqual(parseCommandLine(["--strict", "-c", "show"]), { ...asked, strict: true });
  assert.throws(() => parseCommandLine(["-c", "show", "9web"]), /bad port: "9web"/);
  assert.deepEqual(parseCommandLine(["--list", "--control-dir", "/x"]), {
    action: "list",
    controlDir: "/x",
    json: false,
  });
  assert.equal(parseCommandLine(["--json", "--list"]).action === "list", true);
});

Deno.test("help wins over version, and both over everything else that can be read", () => {
  for (const args of [["--version", "0", "--help"], ["-h"], ["80", "a", "-fh"], ["help"]]) {
    assert.deepEqual(parseCommandLine(args), { action: "help", topic: undefined });
  }
  assert.deepEqual(parseCommandLine(["--version", "-i", "-c", "x"]), { action: "version" });
});

Deno.test("words behind -- are words, whatever they look like", () => {
  assert.deepEqual(refusal("--", "-f"), [64, 'bad port: "-f" is neither 1 to 65535 nor a known service']);
  assert.equal(serve("--", "80").name, "80");
});

Deno.test("a megabyte of text in any place is refused in a short message", () => {
  const long = "x\x1b".repeat(512 * 1024);
  const places = [
    [long],
    ["80", `h:${long}`],
    ["80", `h:80:${long}`],
    [`--${long}`, "80"],
    [`-${long}`, "80"],
    ["-t", long, "80"],
    [`-t${long}`, "80"],
    ["-B", long, "80"],
    ["--engine", long, "80"],
    ["-i", "80", long],
  ];
  for (const args of places) {
    const [, message] = refusal(...args);
    assert.ok(message.length < 600, `${message.length} characters: ${message.slice(0, 100)}`);
    assert.match(message, /^[ -~…]*$/);
  }
});

Deno.test("messages name the option as it is best known, and the word", () => {
  assert.deepEqual(refusal("-t", "0", "80"), [64, 'option -t takes seconds, 0.001 to 2147483647: "0"']);
  assert.deepEqual(refusal("--idle-timeout", "x", "80"), [64, 'option -T takes seconds, 0 to 2147483647: "x"']);
  assert.deepEqual(refusal("--half-close-timeout", "-1", "80"), [
    64,
    'option --half-close-timeout takes seconds, 0 to 2147483647: "-1"',
  ]);
  assert.deepEqual(refusal("--tcp-user-timeout", "2147484", "80"), [
    64,
    'option --tcp-user-timeout takes seconds, 0.001 to 2147483: "2147484"',
  ]);
  assert.deepEqual(refusal("--max-connections", "0", "80"), [
    64,
    'option --max-connections takes a number from 1 to 2147483647: "0"',
  ]);
  assert.deepEqual(refusal("-i", "-c", "show"), [64, "options -i and -c cannot be combined"]);
  assert.deepEqual(refusal(), [64, "missing port, see balance --help"]);
});

Deno.test("a file of services may have options of the process beside it, and nothing else", () => {
  assert.deepEqual(parseCommandLine(["-fC", "x", "--max-connections", "5"]), {
    action: "serve",
    config: "x",
    values: { foreground: true, maxConnections: 5 },
    services: [],
  });
  assert.deepEqual(parseCommandLine(["--check-config", "--config=x"]), { action: "check", config: "x", values: {} });
  assert.deepEqual(parseCommandLine(["--diff"]), { action: "diff", config: undefined, values: {} });
  assert.deepEqual(refusal("-C", "x", "80"), [64, 'unexpected word after --config: "80"']);
  assert.deepEqual(refusal("-C", "x", "-a"), [64, "option -a belongs in the file"]);
  assert.deepEqual(refusal("-C", ""), [64, "option -C needs a value: FILE"]);
  assert.deepEqual(refusal("--check-config"), [64, "option --check-config needs --config FILE"]);
  assert.deepEqual(refusal("--strict", "80"), [64, "option --strict needs -c"]);
});

Deno.test("the help can be asked about a topic", () => {
  for (const args of [["--help", "all"], ["help", "all"], ["-h", "all"], ["80", "--help", "all", "a"]]) {
    assert.deepEqual(parseCommandLine(args), { action: "help", topic: "all" });
  }
  assert.deepEqual(refusal("--help", "lisening"), [
    64,
    'there is no help on "lisening", only on all, listening, access, proxy, choosing, health, names, timeouts, sockets, process, logging, views, files, control, channels, groups, man, did you mean balance --help listening?',
  ]);
  assert.deepEqual(refusal("help", "xyzzy"), [
    64,
    'there is no help on "xyzzy", only on all, listening, access, proxy, choosing, health, names, timeouts, sockets, process, logging, views, files, control, channels, groups, man, see balance --help',
  ]);
});

Deno.test("completions are for a shell that is known", () => {
  assert.deepEqual(parseCommandLine(["--completions", "zsh"]), {
    action: "completions",
    of: "zsh",
    controlDir: undefined,
  });
  assert.deepEqual(refusal("--completions", "fis"), [
    64,
    'option --completions takes bash or zsh or fish: "fis", did you mean fish?',
  ]);
});

Deno.test("no service can be called what show takes for something else", () => {
  for (const name of RESERVED_NAMES) {
    const message =
      `option --name takes any name except json, config, health, sticky, access, clients, failed, connections, metrics and latency, which are words of the command show: "${name}"`;
    assert.deepEqual(refusal("--name", name, "80"), [64, message]);
  }
  assert.equal(serve("--name", "jsonnet", "80").name, "jsonnet");
});

Deno.test("a command of several words that is not quoted is told how to be", () => {
  const port = "is neither 1 to 65535 nor a known service";
  const told = [
    [`bad port: "access" ${port}, did you mean -c "show access"?`, "-c", "show", "access"],
    ['unexpected word after -c: "5", did you mean -c "show failed 5"?', "-c", "show", "failed", "5"],
    ['unexpected word after -c: "60", did you mean -c "drain web1 60"?', "-c", "drain", "web1", "60"],
    [`bad port: "10.0.0.1" ${port}, did you mean -c "why 10.0.0.1"?`, "-c", "why", "10.0.0.1"],
    ['unexpected word after -c: "6"', "-c", "show", "80", "6"],
    [`bad port: "99999" ${port}`, "-c", "show", "99999"],
  ];
  for (const [message, ...words] of told) assert.deepEqual(refusal(...words), [64, message]);
  assert.equal(parseCommandLine(["-c", "drain", "web1"]).action, "control");
});

Deno.test("--top takes an instance as -i does, and nothing else to do with it", () => {
  const request = { action: "top", bind: "::1", ipv6: false, port: 80, service: undefined, debug: false };
  assert.deepEqual(parseCommandLine(["--top", "80", "-b", "::1"]), { ...request, controlDir: undefined });
  const wrong = [
    ["options --top and -i cannot be combined", "--top", "-i"],
    ["options --top and -c cannot be combined", "-c", "show", "--top"],
    ["options --top and --health cannot be combined", "--top", "--health"],
    ["options --top and --strict cannot be combined", "--top", "--strict"],
    ["options --list and --top cannot be combined", "--list", "--top"],
    ['unexpected word after --top: "b"', "--top", "80", "b"],
  ];
  for (const [message, ...words] of wrong) {
    assert.throws(() => parseCommandLine(words), (error: Error) => error.message.includes(message), message);
  }
});
