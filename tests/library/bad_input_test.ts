/** What an embedding program can do wrong with a running balancer, and the errors it gets. */
import { freePort } from "../support/free_port.ts";
import assert from "node:assert/strict";
import { Balancer, type BalancerEvent, EngineUnavailable, UnknownHost } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, testWith } from "../support/requirements.ts";

const LISTEN = { hostname: "127.0.0.1", port: 0 };

const start = () =>
  Balancer.start({ ...LISTEN, engine: "portable", groups: [{ channels: [{ host: "127.0.0.1", port: 1 }] }] });

/** As a program in JavaScript would call it. */
type Careless = Record<
  "add" | "resolve" | "disable" | "enable" | "limit" | "weigh" | "drain",
  (...args: unknown[]) => unknown
>;

Deno.test("library: wrong words to a running balancer are errors that name them, and change nothing", async () => {
  await using balancer = await start();
  const careless = balancer as unknown as Careless, before = balancer.show();
  const wrong: [call: () => unknown, name: string, code: string, message: string][] = [];
  for (const name of ["disable", "enable", "limit", "weigh"] as const) {
    const call = (...args: unknown[]) => () => careless[name](...args);
    wrong.push(
      [call("0", 0, 1), "TypeError", "ERR_INVALID_TYPE", 'Cannot use group "0": it is a string, not a number'],
      [call(0, undefined, 1), "TypeError", "ERR_INVALID_TYPE", "Cannot use channel: it is missing"],
      [
        call(0, Symbol("x"), 1),
        "TypeError",
        "ERR_INVALID_TYPE",
        'Cannot use channel "Symbol(x)": it is a symbol, not a number',
      ],
      [call(0, 0n, 1), "TypeError", "ERR_INVALID_TYPE", "Cannot use channel 0n: it is a bigint, not a number"],
      [
        call(0, NaN, 1),
        "RangeError",
        "ERR_OUT_OF_RANGE",
        "Cannot use channel NaN: it must be a whole number from 0 to 63",
      ],
      [call(32, 0, 1), "RangeError", "ERR_OUT_OF_RANGE", "Cannot use group 32: it must be a whole number from 0 to 31"],
      [call(0, 1, 1), "RangeError", "ERR_NO_SUCH_CHANNEL", "Cannot change channel: group 0 has no channel 1"],
    );
  }
  wrong.push(
    [() => careless.limit(0, 0), "TypeError", "ERR_INVALID_TYPE", "Cannot use maxc: it is missing"],
    [
      () => careless.limit(0, 0, "9"),
      "TypeError",
      "ERR_INVALID_TYPE",
      'Cannot use maxc "9": it is a string, not a number',
    ],
    [
      () => careless.weigh(0, 0, 257),
      "RangeError",
      "ERR_OUT_OF_RANGE",
      "Cannot use weight 257: it must be a whole number from 0 to 256",
    ],
    [() => careless.drain(), "TypeError", "ERR_INVALID_TYPE", "Cannot use seconds: it is missing"],
    [
      () => careless.drain(10n),
      "TypeError",
      "ERR_INVALID_TYPE",
      "Cannot use seconds 10n: it is a bigint, not a number",
    ],
    [() => careless.resolve(5), "TypeError", "ERR_INVALID_TYPE", "Cannot use host 5: it is a number, not a string"],
    [() => careless.add(0), "TypeError", "ERR_INVALID_TYPE", "Cannot use channel: it is missing"],
    [
      () => careless.add(0, "web1:80"),
      "TypeError",
      "ERR_INVALID_TYPE",
      'Cannot use channel "web1:80": it is a string, not an object',
    ],
    [() => careless.add(0, { port: 1 }), "TypeError", "ERR_INVALID_TYPE", "Cannot use channel.host: it is missing"],
    [
      () => careless.add(0, { host: "127.0.0.1", Port: 1 }),
      "TypeError",
      "ERR_UNKNOWN_OPTION",
      "Cannot use channel.Port: there is no such option; did you mean port?",
    ],
    [
      () => careless.add(0, { host: "no such" }),
      "UnknownHost",
      "ERR_UNKNOWN_HOST",
      'Cannot resolve host: "no such" is not a host name',
    ],
  );
  for (const [call, name, code, message] of wrong) {
    await assert.rejects(async () => await call(), { name, code, message });
  }
  assert.deepEqual(balancer.show(), before);
});

Deno.test("library: adding a channel to a full group is an error", async () => {
  await using balancer = await start();
  for (let i = 1; i < 64; i++) assert.equal(await balancer.add(0, { host: "127.0.0.1", port: 1 }), i);
  const expected = {
    name: "RangeError",
    code: "ERR_GROUP_FULL",
    message: "Cannot add channel: group 0 already has 64 channels",
  };
  await assert.rejects(balancer.add(0, { host: "127.0.0.1", port: 1 }), expected);
});

Deno.test("library: a channel has the name and the weight that it is added with, and no other has that name", async () => {
  await using balancer = await start();
  assert.equal(await balancer.add(1, { host: "127.0.0.1", port: 1, name: "spare", weight: 3 }), 0);
  await assert.rejects(balancer.add(0, { host: "127.0.0.1", port: 1, name: "spare" }), {
    name: "RangeError",
    code: "ERR_OUT_OF_RANGE",
    message: 'Cannot use channel.name "spare": group 1 channel 0 already has that name',
  });
  balancer.weigh(1, 0, 0);
  const [{ enabled, disabledBy, weight, name }] = balancer.show()[1].channels;
  assert.deepEqual([enabled, disabledBy, weight, name], [false, ["weight"], 0, "spare"]);
});

Deno.test("library: adding a channel to a stopped balancer is an error", async () => {
  const expected = { name: "Error", code: "ERR_STOPPED", message: "Cannot add channel: the service has stopped" };
  const channel = { host: "localhost", port: 1 };
  for (const end of ["stop", "drain"] as const) {
    const balancer = await start();
    await balancer[end](0);
    await assert.rejects(balancer.add(0, channel), expected);
    assert.equal(balancer.show()[0].channels.length, 1);
  }
  const balancer = await start(), adding = balancer.add(0, channel);
  await Promise.all([assert.rejects(adding, expected), balancer.stop()]);
});

Deno.test("library: a channel that is the balancer itself needs a limit or allowLoop", async () => {
  const port = freePort(), loop = { host: "127.0.0.1" };
  const groups = [{ channels: [{ host: "127.0.0.1", port: 1 }] }, { channels: [{ ...loop, maxc: 2 }, loop] }];
  const expected = { name: "ChannelLoop", code: "ERR_CHANNEL_LOOP", group: 1, channel: 1 };
  await assert.rejects(Balancer.start({ hostname: "127.0.0.1", port, groups }), {
    ...expected,
    message:
      `Cannot use groups[1].channels[1]: 127.0.0.1:${port} is the balancer itself, which takes a limit (maxc) or allowLoop`,
  });
  const limited = [groups[0], { channels: groups[1].channels.slice(0, 1) }];
  await using balancer = await Balancer.start({ hostname: "127.0.0.1", port, groups: limited });
  await assert.rejects(balancer.add(1, loop), expected);
  assert.throws(() => balancer.limit(1, 0, 0), { ...expected, channel: 0 });
  assert.equal(await balancer.add(1, { ...loop, maxc: 1 }), 1);
  assert.deepEqual(balancer.show()[1].channels.map(({ maxc }) => maxc), [2, 1]);
  await balancer.stop();
  await using allowed = await Balancer.start({ hostname: "127.0.0.1", port, groups, allowLoop: true });
  allowed.limit(1, 0, 0);
  assert.equal(await allowed.add(1, loop), 2);
});

Deno.test("library: errors carry a code for programs to check", async () => {
  await using balancer = await start();
  const { port } = balancer.address;
  const failure = (options: object) =>
    Balancer.start({ ...LISTEN, ...options }).then(() => assert.fail(), (error) => error);
  const unknown = await failure({ hostname: "no such" });
  assert.ok(unknown instanceof UnknownHost);
  assert.equal(unknown.code, "ERR_UNKNOWN_HOST");
  const unavailable = await failure({ engine: "portable", threads: 2 });
  assert.ok(unavailable instanceof EngineUnavailable);
  assert.equal(unavailable.code, "ERR_ENGINE_UNAVAILABLE");
  for (const engine of linux.met ? ENGINES : ["portable"]) {
    assert.equal((await failure({ engine, port })).code, "EADDRINUSE", engine);
    // An address that no machine has (RFC 5737).
    assert.equal((await failure({ engine, hostname: "192.0.2.1" })).code, "EADDRNOTAVAIL", engine);
  }
});

Deno.test({
  name: "library: a missing permission is an error with a code",
  permissions: { net: false, ffi: false },
  fn: async () => {
    const expected = { name: "NotCapable", code: "ERR_PERMISSION", message: /--allow-net/ };
    await assert.rejects(Balancer.start({ ...LISTEN, engine: "portable" }), expected);
    const unresolved = {
      name: "UnknownHost",
      code: "ERR_UNKNOWN_HOST",
      message: /there is no permission, --allow-net/,
    };
    await assert.rejects(Balancer.start({ ...LISTEN, hostname: "localhost" }), unresolved);
    const unavailable = { name: "EngineUnavailable", code: "ERR_ENGINE_UNAVAILABLE", message: /--allow-ffi/ };
    await assert.rejects(Balancer.start({ ...LISTEN, engine: "linux" }), unavailable);
  },
});

for (const engine of ENGINES) {
  testWith(engine === "linux" ? [linux] : [], `library, ${engine} engine: events name group and channel`, async () => {
    const events: BalancerEvent[] = [];
    using dead = await RefusingPort.take();
    await using live = namedBackend("live");
    await using balancer = await Balancer.start({
      ...LISTEN,
      engine,
      trace: true,
      groups: [
        { channels: [] },
        {
          channels: [{ host: dead.address.host, port: dead.address.port }, {
            host: "127.0.0.1",
            port: live.address.port,
          }],
        },
      ],
      onEvent: (event) => events.push(event),
    });
    using client = await Client.connect(balancer.address.port);
    assert.equal(new TextDecoder().decode(await client.readExactly(4)), "live");
    const connected = (event: BalancerEvent) => event.type === "trace" && event.step === "connected";
    await eventually("the connection is traced", () => events.some(connected));
    const failing = events.find(({ type }) => type === "channel-failing");
    assert.ok(failing?.type === "channel-failing");
    assert.deepEqual([failing.group, failing.channel], [1, 0]);
    assert.deepEqual(events.filter(connected).map((event) => "channel" in event && [event.group, event.channel]), [[
      1,
      1,
    ]]);
    assert.doesNotThrow(() => JSON.stringify(balancer.show()));
  });
}
