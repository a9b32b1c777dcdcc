import assert from "node:assert/strict";
import { isIP, isIPv6 } from "node:net";
import fc from "fast-check";
import { foreignText, isHarmless } from "../../tests/fuzz/foreign_text.ts";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { givenValues } from "./channel_values.ts";
import { type ChannelWord, channelWord, isWrong, readChannel } from "./channel_words.ts";
import { groupWords, readGroups } from "./group_words.ts";
import { parsePort } from "./port_names.ts";

const SERVICES = new Map([["http", 80], ["imap", 143], ["pop-3", 110]]);
const port = (word: string) => parsePort(word, () => SERVICES);

const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}$/);
const hostName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const place = {
  host: fc.oneof(hostName, fc.ipV4(), fc.ipV6()),
  port: fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
};
const options = {
  maxc: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 31 - 1 })),
  weight: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 256 })),
  name: fc.option(fc.stringMatching(/^[A-Za-z_][\w.-]{0,20}$/).filter((name) => !/^(all|idle)$/.test(name)), {
    nil: undefined,
  }),
  all: fc.constantFrom(undefined, undefined, true as const),
};
const isName = (host: string) => isIP(host) === 0;
const valid: fc.Arbitrary<ChannelWord> = fc.record({ ...place, ...options }, { noNullPrototype: true }).map((
  { host, port, ...values },
) => ({ host, port, ...givenValues({ ...values, all: values.all && isName(host) && values.name === undefined }) }));

const placed = (words: readonly string[]) => words.map((text, word) => ({ text, word }));

/** A channel; undefined for a clear refusal. */
function attempt(word: string): ChannelWord | undefined {
  const read = readChannel(word, port);
  if (!isWrong(read)) return read;
  assert.ok(isHarmless(read.message), JSON.stringify(read));
  return undefined;
}

Deno.test("a channel that is written out is read back the same", () => {
  fc.assert(
    fc.property(valid, (channel) => assert.deepEqual(readChannel(channelWord(channel), port), channel)),
    parameters(2000),
  );
});

Deno.test("service names are read as the ports they stand for", () => {
  fc.assert(
    fc.property(valid, fc.constantFrom(...SERVICES), ({ host, maxc = 0 }, [name, number]) => {
      const head = host.includes(":") ? `[${host}]` : host;
      const read = { host, port: number, ...givenValues({ maxc }) };
      assert.deepEqual(readChannel(`${head}:${name}:${maxc}`, port), read);
    }),
    parameters(300),
  );
});

Deno.test("every accepted channel has a host, a possible port and a possible limit", () => {
  const part = fc.oneof(
    foreignText(12),
    fc.constantFrom("", "[", "]", "::1", "%", "http", "80", "65536", "0", "-1", "1e3", "٣"),
  );
  const option = fc.oneof(
    foreignText(12),
    fc.constantFrom(
      "",
      "weight=3",
      "weight=0",
      "maxc=7",
      "name=x",
      "name=",
      "all",
      "all=1",
      "weight",
      "=",
      "nmae=y",
      "weight=1e1",
    ),
  );
  const head = fc.oneof(foreignText(), fc.array(part, { maxLength: 5 }).map((parts) => parts.join(":")));
  const tail = fc.array(option, { maxLength: 4 });
  const word = fc.tuple(head, tail).map(([head, tail]) => [head, ...tail].join(","));
  fc.assert(
    fc.property(word, (word) => {
      const channel = attempt(word);
      if (channel === undefined) return;
      assert.notEqual(channel.host, "");
      assert.ok(!channel.host.includes(":") || isIPv6(channel.host.replace(/%.*/s, "")), channel.host);
      assert.ok(
        channel.port === undefined || (Number.isInteger(channel.port) && channel.port >= 1 && channel.port <= 65535),
      );
      const { maxc = 0, weight = 1, name = "x" } = channel;
      assert.ok(Number.isInteger(maxc) && maxc >= 0 && maxc < 2 ** 31);
      assert.ok(Number.isInteger(weight) && weight >= 0 && weight <= 256);
      assert.match(name, /^[A-Za-z_][\w.-]*$/);
      assert.deepEqual(readChannel(channelWord(channel), port), channel, "a second reading differs");
    }),
    parameters(5000),
  );
});

Deno.test("groups keep every channel in its place", () => {
  const group = fc.record({
    strategy: fc.constantFrom("rr", "hash", "mine", "x-y"),
    channels: fc.array(valid.map(({ name: _, ...channel }) => channel), { minLength: 1, maxLength: 5 }),
  }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(group, { maxLength: 8 }), (groups) => {
      const strategies = ["rr", "hash", "mine", "x-y"];
      assert.deepEqual(readGroups(placed(groupWords(groups)), { port, strategies }), { groups, faults: [] });
    }),
    parameters(300),
  );
});

Deno.test("any words give groups within the limits, and clear refusals", () => {
  const word = fc.oneof(
    fc.constantFrom("!", "%", "%rr", "%hash", "%hsh", "a", "b:80", "c,weight=3", "d,name=x", "e,name=x", "f,nmae=y"),
    fc.constantFrom(
      "sni=a,*.b.",
      "alpn=h2",
      "from=10.0.0.0/8,@f",
      "port=80,1-2",
      "proto=tls,none",
      "proto=ssh",
      "sin=a",
    ),
    fc.tuple(fc.constantFrom("sni", "alpn", "from", "port", "proto", "x"), foreignText(12)).map((pair) =>
      pair.join("=")
    ),
    valid.map((channel) => channelWord(channel)),
    foreignText(12),
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(word, { maxLength: 6 }), fc.array(word, { maxLength: 120 })), (words) => {
      const { groups, faults } = readGroups(placed(words), { port });
      for (const { message, word } of faults) assert.ok(isHarmless(message) && word < words.length, message);
      if (faults.length > 0) return;
      assert.ok(groups.length <= 32 && groups.every(({ channels }) => channels.length >= 1 && channels.length <= 64));
      assert.deepEqual(readGroups(placed(groupWords(groups)), { port }), { groups, faults: [] });
    }),
    parameters(500),
  );
});
