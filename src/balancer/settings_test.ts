import assert from "node:assert/strict";
import type { BalancerOptions } from "./options.ts";
import { engineSettings } from "./settings.ts";

const settings = (options: Partial<BalancerOptions>) =>
  engineSettings({ port: 8080, maxConnections: 100, ...options }, []);

Deno.test("everything but the port has a default", () => {
  assert.deepEqual({ ...settings({}) }, {
    hostname: "0.0.0.0",
    port: 8080,
    source: undefined,
    connectTimeout: 5,
    idleTimeout: 0,
    halfCloseTimeout: 3600,
    abortOnClose: false,
    maxConnections: 100,
    backlog: 4096,
    autodisable: false,
    hashFailover: false,
    failTimeout: 0,
    trace: false,
    strategies: undefined,
    threads: 1,
    clientKeepAlive: undefined,
    channelKeepAlive: undefined,
    sendBuffer: undefined,
    receiveBuffer: undefined,
    userTimeout: undefined,
  });
});

Deno.test("the ends of each range are taken, and what is beyond is an error that names it", () => {
  const ranges: [name: string, least: number, most: number, beyond: number[]][] = [
    ["port", 0, 65535, [-1, 1.5, 65536]],
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
    for (const value of [least, most]) {
      assert.equal(settings({ [name]: value })[name as keyof BalancerOptions & "port"], value);
    }
    for (const value of [...beyond, NaN, Infinity, -Infinity]) {
      const expected = { name: "RangeError", message: new RegExp(`^Cannot use ${name} ${value}: allowed are `) };
      assert.throws(() => settings({ [name]: value }), expected, `${name} ${value}`);
    }
  }
});

Deno.test("keep-alive times are those that the system takes", () => {
  for (const side of ["clientKeepAlive", "channelKeepAlive"] as const) {
    assert.deepEqual(settings({ [side]: { idle: 32767, probes: 127 } })[side], { idle: 32767, probes: 127 });
    for (const [name, most] of [["idle", 32767], ["interval", 32767], ["probes", 127]] as const) {
      for (const value of [0, 1.5, most + 1, NaN]) {
        const message = `Cannot use ${side}.${name} ${value}: allowed are 1 to ${most}`;
        assert.throws(() => settings({ [side]: { [name]: value } }), { name: "RangeError", message });
      }
    }
  }
});
