import assert from "node:assert/strict";
import fc from "fast-check";
import { strategies } from "../../selection/strategy.ts";
import type { Strategy } from "../../selection/strategy.ts";
import { BALANCER_OPTIONS, CHANNEL_OPTIONS, checkGroups, checkNeeds, SERVE_OPTIONS } from "./option_shapes.ts";
import type { BalancerOptions } from "./options.ts";

const check = (options: unknown) => BALANCER_OPTIONS(options, "");

Deno.test("the ends of each range are accepted, and anything beyond is an error that names it", () => {
  const ranges: [name: keyof BalancerOptions, least: number, most: number, beyond: number[]][] = [
    ["connectTimeout", 0.001, 2 ** 31 - 1, [0, -1, 2 ** 31]],
    ["failTimeout", 0, 2 ** 31 - 1, [-0.001, 2 ** 31]],
    ["idleTimeout", 0, 2 ** 31 - 1, [-0.001, 2 ** 31]],
    ["halfCloseTimeout", 0, 2 ** 31 - 1, [-0.001, 2 ** 31]],
    ["maxConnections", 1, 2 ** 31 - 1, [0, 1.5, 2 ** 31]],
    ["backlog", 1, 2 ** 31 - 1, [0, 1.5, 2 ** 31]],
    ["threads", 1, 16, [0, 1.5, 17]],
    ["sendBuffer", 1, 2 ** 31 - 1, [0, 1.5, 2 ** 31]],
    ["receiveBuffer", 1, 2 ** 31 - 1, [0, 1.5, 2 ** 31]],
    ["userTimeout", 0.001, 2147483, [0, 0.0005, 2147484]],
  ];
  for (const [name, least, most, beyond] of ranges) {
    for (const value of [least, most]) assert.equal(check({ port: 0, [name]: value })[name], value);
    for (const value of [...beyond, NaN, Infinity, -Infinity]) {
      assert.throws(() => check({ port: 0, [name]: value }), {
        name: "RangeError",
        code: "ERR_OUT_OF_RANGE",
        message: new RegExp(`^Cannot use ${name} ${value}: it must be `),
      });
    }
    for (const value of ["1", null, 1n, Symbol("1"), true, [1], {}, () => 1]) {
      assert.throws(() => check({ port: 0, [name]: value }), {
        name: "TypeError",
        code: "ERR_INVALID_TYPE",
        message: new RegExp(`^Cannot use ${name}.*: it is .*, not a number$`),
      });
    }
  }
});

Deno.test("a port is a number, or a text as the command line has it", () => {
  const ports = (port: unknown) => SERVE_OPTIONS({ port }, "").port.map(({ first, last }) => [first, last]);
  for (const port of [0, 65535]) assert.deepEqual(ports(port), [[port, port]]);
  assert.deepEqual(ports("80"), [[80, 80]]);
  assert.deepEqual(ports("443,8000-8010,http"), [[443, 443], [8000, 8010], [80, 80]]);
  const wrong: [port: unknown, name: string, message: string][] = [
    [undefined, "TypeError", "Cannot use port: it is missing"],
    [null, "TypeError", "Cannot use port: it is null, not a number"],
    [1n, "TypeError", "Cannot use port 1n: it is a bigint, not a number"],
    [-1, "RangeError", "Cannot use port -1: it must be a whole number from 0 to 65535"],
    [1.5, "RangeError", "Cannot use port 1.5: it must be a whole number from 0 to 65535"],
    [65536, "RangeError", "Cannot use port 65536: it must be a whole number from 0 to 65535"],
    ["", "RangeError", 'Cannot use port "": "" is neither 1 to 65535 nor a known service'],
    ["80,0", "RangeError", 'Cannot use port "80,0": "0" is neither 1 to 65535 nor a known service in "80,0"'],
    ["9-8", "RangeError", 'Cannot use port "9-8": "9-8" ends before it begins'],
  ];
  for (const [port, name, message] of wrong) assert.throws(() => ports(port), { name, message });
});

Deno.test("a service's name cannot look like a port, and options of the process are none of a service's", () => {
  assert.equal(SERVE_OPTIONS({ port: 80, name: "web-1.example" }, "").name, "web-1.example");
  assert.throws(() => SERVE_OPTIONS({ port: 80, name: "80" }, ""), {
    name: "RangeError",
    code: "ERR_OUT_OF_RANGE",
    message: /^Cannot use name "80": it takes a name of letters/,
  });
  for (const name of ["threads", "engine", "trace", "onEvent", "strategies"]) {
    assert.throws(() => SERVE_OPTIONS({ port: 80, [name]: 1 }, ""), { code: "ERR_UNKNOWN_OPTION" });
  }
});

Deno.test("keep-alive times have the system's ranges", () => {
  for (const side of ["clientKeepAlive", "channelKeepAlive"] as const) {
    const times = { idle: 32767, interval: undefined, probes: 127 };
    assert.deepEqual(check({ port: 0, [side]: { idle: 32767, probes: 127 } })[side], times);
    for (const [name, most] of [["idle", 32767], ["interval", 32767], ["probes", 127]] as const) {
      for (const value of [0, 1.5, most + 1, NaN]) {
        const message = `Cannot use ${side}.${name} ${value}: it must be a whole number from 1 to ${most}`;
        assert.throws(() => check({ port: 0, [side]: { [name]: value } }), { name: "RangeError", message });
      }
    }
  }
});

Deno.test("wrong options are errors that name the place, the value and the nearest right name", () => {
  const own = { name: "own", label: "Own", title: "own", rotates: false, sticky: false, choose: () => 0 };
  const wrong: [options: unknown, name: string, message: string][] = [
    [undefined, "TypeError", "Cannot use options: it is missing"],
    [null, "TypeError", "Cannot use options: it is null, not an object"],
    [[], "TypeError", "Cannot use options: it is an array, not an object"],
    [8080, "TypeError", "Cannot use options 8080: it is a number, not an object"],
    [{ port: 0, hostname: 1 }, "TypeError", "Cannot use hostname 1: it is a number, not a string"],
    [{ port: 0, groups: {} }, "TypeError", "Cannot use groups: it is an object, not an array"],
    [{ port: 0, groups: [{}] }, "TypeError", "Cannot use groups[0].channels: it is missing"],
    [{ port: 0, groups: new Array(1) }, "TypeError", "Cannot use groups[0]: it is missing"],
    [
      { port: 0, groups: [{ channels: ["web1:80"] }] },
      "TypeError",
      'Cannot use groups[0].channels[0] "web1:80": it is a string, not an object',
    ],
    [
      { port: 1, groups: [{ channels: [{ port: 1 }] }] },
      "TypeError",
      "Cannot use groups[0].channels[0].host: it is missing",
    ],
    [
      { port: 1, groups: [{ channels: [{ host: "a" }, { host: "b", port: "80" }] }] },
      "TypeError",
      'Cannot use groups[0].channels[1].port "80": it is a string, not a number',
    ],
    [
      { port: 1, groups: [{ channels: [{ host: "a", port: 0 }] }] },
      "RangeError",
      "Cannot use groups[0].channels[0].port 0: it must be a whole number from 1 to 65535",
    ],
    [{ port: 0, groups: new Array(33) }, "RangeError", "Cannot use groups: it has 33 items, at most 32 are allowed"],
    [
      { port: 0, groups: [{ channels: new Array(65) }] },
      "RangeError",
      "Cannot use groups[0].channels: it has 65 items, at most 64 are allowed",
    ],
    [
      { port: 0, idletimeout: 5 },
      "TypeError",
      "Cannot use idletimeout: there is no such option; did you mean idleTimeout?",
    ],
    [{ port: 0, xyzzy: 5 }, "TypeError", "Cannot use xyzzy: there is no such option"],
    [{ port: 0, "a\n\u202eb": 5 }, "TypeError", 'Cannot use "a\\x0a\\u202eb": there is no such option'],
    [
      { port: 0, groups: [{ chanels: [] }] },
      "TypeError",
      "Cannot use groups[0].chanels: there is no such option; did you mean channels?",
    ],
    [
      { port: 0, groups: [{ channels: [{ host: "a", prot: 1 }] }] },
      "TypeError",
      "Cannot use groups[0].channels[0].prot: there is no such option; did you mean port?",
    ],
    [
      { port: 0, clientKeepAlive: { probe: 3 } },
      "TypeError",
      "Cannot use clientKeepAlive.probe: there is no such option; did you mean probes?",
    ],
    [
      { port: 0, engine: "linus" },
      "RangeError",
      'Cannot use engine "linus": it must be one of "auto", "portable", "linux"; did you mean "linux"?',
    ],
    [{ port: 0, trace: "yes" }, "TypeError", 'Cannot use trace "yes": it is a string, not a boolean'],
    [{ port: 0, onEvent: 5 }, "TypeError", "Cannot use onEvent 5: it is a number, not a function"],
    [{ port: 0, onChunk: {} }, "TypeError", "Cannot use onChunk: it is an object, not a function"],
    [
      { port: 0, strategies: [{ ...own, choose: undefined }] },
      "TypeError",
      "Cannot use strategies[0].choose: it is missing",
    ],
    [
      { port: 0, strategies: [own, { ...own, name: 5 }] },
      "TypeError",
      "Cannot use strategies[1].name 5: it is a number, not a string",
    ],
    [{ port: 0, strategies: [{ ...own, label: "" }] }, "RangeError", "Cannot use strategies[0].label: it is empty"],
    [
      { port: 0, groups: [{ strategy: "hsah", channels: [] }] },
      "RangeError",
      'Cannot use groups[0].strategy "hsah": it must be one of "rr", "hash", "least", "random", "stable", "first"; did you mean "hash"?',
    ],
    [
      { port: 1, groups: [{ channels: [{ host: "a", weight: 257 }] }] },
      "RangeError",
      "Cannot use groups[0].channels[0].weight 257: it must be a whole number from 0 to 256",
    ],
    [
      { port: 1, groups: [{ channels: [{ host: "a", name: "7" }] }] },
      "RangeError",
      'Cannot use groups[0].channels[0].name "7": it takes a name of letters, digits, "_", "." and "-" that begins with a letter',
    ],
    [
      { port: 1, groups: [{ channels: [{ host: "a", name: "x" }] }, { channels: [{ host: "b", name: "x" }] }] },
      "RangeError",
      'Cannot use groups[1].channels[0].name "x": groups[0].channels[0] already has that name',
    ],
    [
      { port: 0, groups: [{ channels: [{ host: "a" }] }] },
      "TypeError",
      "Cannot use groups[0].channels[0].port: it is missing",
    ],
  ];
  for (const [options, name, message] of wrong) {
    const checkAll = () => {
      const { port = [], groups } = check(options);
      checkGroups({ port, groups }, strategies);
    };
    assert.throws(checkAll, { name, message });
  }
});

Deno.test("a long value is cut, and an object's code does not run to show it", () => {
  assert.throws(() => check({ port: "9".repeat(1e6) }), {
    message: /^Cannot use port "9{80}…" \(1000000 characters\): "9{80}…" \(1000000 characters\) is neither/,
  });
  assert.throws(() => check({ port: 10n ** 1000n }), { message: "Cannot use port: it is a bigint, not a number" });
  const object = {
    toString: () => assert.fail("asked"),
    get [Symbol.toStringTag]() {
      return assert.fail("asked");
    },
  };
  assert.throws(() => check({ port: object }), { message: "Cannot use port: it is an object, not a number" });
});

Deno.test("a value that throws when read is an error that names it, with the cause", () => {
  const cause = new Error("out of ink");
  const fail = () => {
    throw cause;
  };
  const array = new Proxy([], { get: fail }), revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const hostile: [options: unknown, place: string][] = [
    [Object.defineProperty({}, "port", { get: fail, enumerable: true }), "port"],
    [new Proxy({}, { ownKeys: fail }), "options"],
    [revoked.proxy, "options"],
    [{ port: 0, groups: array }, "groups"],
    [{ port: 0, clientKeepAlive: revoked.proxy }, "clientKeepAlive"],
    [{
      port: 0,
      groups: [{
        channels: [{
          get host() {
            return fail();
          },
        }],
      }],
    }, "groups[0].channels[0].host"],
  ];
  for (const [options, place] of hostile) {
    assert.throws(() => check(options), {
      name: "TypeError",
      code: "ERR_INVALID_TYPE",
      message: `Cannot read ${place}: it throws an error`,
    });
  }
  assert.throws(() => check(hostile[0][0]), (error: Error) => error.cause === cause);
});

Deno.test("options are read once, and changing them later changes nothing", () => {
  let asked = 0;
  const channel = {
    host: "a",
    get port() {
      return ++asked;
    },
  };
  const options = { port: 8080, groups: [{ channels: [channel] }] };
  const checked = check(options);
  options.port = 1;
  channel.host = "b";
  options.groups[0].channels.push(channel);
  assert.equal(asked, 1);
  assert.equal(checked.port?.[0].first, 8080);
  assert.deepEqual(checked.groups?.[0].channels, [{
    ...{ host: "a", port: 1, maxc: undefined, weight: undefined, name: undefined, all: undefined },
    ...{ proxy: undefined, check: undefined, checkPort: undefined, checkHost: undefined },
  }]);
});

Deno.test("a strategy keeps its own fields, private ones included", () => {
  class Own {
    readonly name = "own";
    readonly label = "Own";
    readonly title = "a strategy";
    readonly rotates = false;
    readonly sticky = false;
    readonly state = 7;
    #secret = 1;
    choose(): number {
      return this.state + this.#secret;
    }
  }
  const [strategy] = check({ port: 0, strategies: [new Own()] }).strategies!;
  assert.equal((strategy as Strategy).choose(undefined as never, undefined as never), 8);
});

Deno.test("whatever the input, the check returns or throws one of its own errors", () => {
  const names = ["port", "groups", "channels", "host", "maxc", "strategies", "engine", "threads", "onEvent"];
  const anything = fc.anything({
    key: fc.oneof(fc.constantFrom(...names), fc.string()),
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  const own = (value: unknown, shape: (value: unknown, path: string) => unknown) => {
    try {
      shape(value, "");
    } catch (error) {
      assert.ok(error instanceof TypeError || error instanceof RangeError);
      assert.match((error as unknown as { code: string }).code, /^ERR_/);
      assert.match(error.message, /^Cannot (use|read) \P{Cc}+$/u);
      assert.ok(error.message.length < 500);
    }
  };
  fc.assert(fc.property(anything, (value) => {
    own(value, BALANCER_OPTIONS);
    own({ port: 0, groups: value }, BALANCER_OPTIONS);
    own({ port: 0, groups: [{ channels: [value] }] }, BALANCER_OPTIONS);
    own(value, CHANNEL_OPTIONS);
  }));
});

Deno.test("conditions of a group are words as on the command line, or lists of them", () => {
  const conditions = (value: unknown) => {
    const groups = [{ channels: [] }, { conditions: value, channels: [{ host: "a", port: 1 }] }];
    const checked = SERVE_OPTIONS({ port: 80, groups }, "");
    checkGroups(checked, strategies);
    return checked.groups?.[1].conditions;
  };
  assert.equal(conditions({}), undefined);
  const ports = [{ first: 443, last: 443 }, { first: 8000, last: 8010 }];
  for (const port of ["443,8000-8010", ["443", "8000-8010"], [443, "8000-8010", "443"]]) {
    assert.deepEqual(conditions({ sni: "A.,*.b", alpn: ["h2"], from: "::1,10.0.0.0/8", port, proto: "tls" }), {
      ...{ sni: ["a", "*.b"], alpn: ["h2"], from: "::1,10.0.0.0/8", port: ports, proto: ["tls"] },
    });
  }
  const where = "groups[1].conditions",
    wrong: [value: unknown, name: string, message: string][] = [
      ["tls", "TypeError", `Cannot use ${where} "tls": it is a string, not an object`],
      [{ port: 0 }, "RangeError", `Cannot use ${where}.port: "0" is neither a port nor a range of ports`],
      [{ sni: 443 }, "TypeError", `Cannot use ${where}.sni 443: it is a number, not an array`],
      [{ sin: "a" }, "TypeError", `Cannot use ${where}.sin: there is no such option; did you mean sni?`],
      [
        { sni: "a,*" },
        "RangeError",
        `Cannot use ${where}.sni: "*" would be any name; without sni=, or with proto=tls, a group takes them all`,
      ],
      [{ sni: [] }, "RangeError", `Cannot use ${where}.sni: it is empty`],
      [
        { proto: ["tls", "tsl"] },
        "RangeError",
        `Cannot use ${where}.proto: "tsl" is not tls or ssh or http or none; did you mean "tls"?`,
      ],
      [
        { from: "10.0.0.1/8" },
        "RangeError",
        `Cannot use ${where}.from "10.0.0.1/8": it has a bad network: "10.0.0.1/8" has bits set behind its prefix; did you mean "10.0.0.0/8"?`,
      ],
      [
        { sni: "a", proto: "ssh" },
        "RangeError",
        `Cannot use ${where} "sni=a proto=ssh": sni= is about TLS clients, which proto=ssh leaves out`,
      ],
    ];
  for (const [value, name, message] of wrong) assert.throws(() => conditions(value), { name, message });
});

Deno.test("an option about another one needs that", () => {
  const wrong: [options: object, message: string][] = [
    [{ checkExpect: "200" }, 'Cannot use checkExpect "200": it needs a check of http:PATH or https:PATH'],
    [{ proxyChecksum: true }, 'Cannot use proxyChecksum "true": it needs the proxy "v2", for the service or a channel'],
    [{ proxyPassTlv: true, proxy: "v2" }, 'Cannot use proxyPassTlv "true": it needs acceptProxy'],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => checkNeeds(SERVE_OPTIONS({ port: 80, ...options }, "")), { name: "RangeError", message });
  }
  const channels = [{ host: "a", port: 1, proxy: "v2" }];
  checkNeeds(SERVE_OPTIONS({ port: 80, proxyChecksum: true, groups: [{ channels }] }, ""));
  checkNeeds(SERVE_OPTIONS({ port: 80, proxyChecksum: false }, ""));
});

Deno.test("access rules and rates have the forms that the library documents", () => {
  const rules = [{ action: "deny", networks: "10.0.0.1,@bad.txt" }, { action: "allow", networks: "all" }];
  const rate = { count: 10, seconds: 0.5, burst: undefined };
  const checked = check({ port: 0, accessRules: rules, rate: { count: 10, seconds: 0.5 }, acceptProxy: "::1" });
  assert.deepEqual([checked.accessRules, checked.rate, checked.acceptProxy], [rules, rate, ["::1"]]);
  const wrong: [options: object, message: string][] = [
    [
      { accessRules: [{ action: "refuse", networks: "::1" }] },
      'Cannot use accessRules[0].action "refuse": it must be one of "allow", "deny"',
    ],
    [
      { acceptProxy: ["web1"] },
      'Cannot use acceptProxy[0] "web1": it has a bad network: "web1" is not a numeric address',
    ],
    [{ rate: { count: 0, seconds: 1 } }, "Cannot use rate.count 0: it must be a whole number from 1 to 2147483647"],
    [{ rate: { count: 1, seconds: 0 } }, "Cannot use rate.seconds 0: it must be 0.001 to 86400 seconds"],
  ];
  for (const [options, message] of wrong) assert.throws(() => check({ port: 0, ...options }), { message });
});
