import assert from "node:assert/strict";
import { expandGroups, type Meaning } from "./expanded_groups.ts";

const one = (address?: string): Meaning => ({ kind: "one", address });
const all = (...addresses: string[]): Meaning => ({ kind: "all", addresses });
const service = (...places: string[][]): Meaning => ({
  kind: "service",
  places: places.map((hosts) => hosts.map((host) => ({ host, port: 81, weight: 2, address: "10.9.9.9" }))),
});

/** Groups as lists of `host:port`, from words whose meanings are given. */
function expanded(groups: readonly (readonly Meaning[])[], most?: number) {
  const words = groups.map((meanings, g) => ({
    strategy: `s${g}`,
    channels: meanings.map((_, c) => ({ host: `w${g}${c}`, maxc: 5 })),
  }));
  const result = expandGroups(words, 80, (g, c) => groups[g][c], most === undefined ? undefined : () => most);
  const shown = result.groups.map(({ channels }) => channels.map(({ host, port }) => `${host}:${port}`));
  return { shown, strategies: result.groups.map(({ strategy }) => strategy), ...result };
}

Deno.test("a name's channels are where its word is, and have its options", () => {
  const { shown, groups: [{ channels }] } = expanded([[one("10.0.0.1"), all("10.0.0.2", "10.0.0.3"), one()]]);
  assert.deepEqual(shown, [["w00:80", "10.0.0.2:80", "10.0.0.3:80", "w02:80"]]);
  assert.ok(channels.every(({ maxc }) => maxc === 5));
  assert.deepEqual(channels.map(({ origin }) => origin?.channel), [0, 1, 1, 2]);
  assert.deepEqual(channels.map(({ address }) => address), ["10.0.0.1", "10.0.0.2", "10.0.0.3", undefined]);
});

Deno.test("a name that is not known has one channel, without an address", () => {
  for (const meaning of [all(), service()]) {
    const { groups: [{ channels }] } = expanded([[meaning]]);
    const origin = { group: 0, channel: 0, word: "w00", several: true };
    assert.deepEqual(channels, [{ host: "w00", address: undefined, port: 80, maxc: 5, origin }]);
  }
});

Deno.test("further priorities belong to the following groups, behind their own channels", () => {
  const { shown, strategies } = expanded([[service(["a"], ["b", "c"], ["d"])], [one("10.0.0.1")]]);
  assert.deepEqual(shown, [["a:81"], ["w10:80", "b:81", "c:81"], ["d:81"]]);
  assert.deepEqual(strategies, ["s0", "s1", "s0"]);
});

Deno.test("priorities beyond the last group are left out", () => {
  const { groups, crowded } = expanded([[service(...Array.from({ length: 34 }, (_, i) => [`h${i}`]))]]);
  assert.equal(groups.length, 32);
  assert.deepEqual(crowded, [{ group: 32, host: "w00", wanted: 2, taken: 0 }]);
});

Deno.test("names share the room that other words leave, the first one first, and each gets one", () => {
  const many = Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  const { shown: [hosts], crowded } = expanded([[all(...many), one("10.1.0.1"), all("10.2.0.1", "10.2.0.2")]]);
  assert.equal(hosts.length, 64);
  assert.deepEqual(hosts.slice(-2), ["w01:80", "10.2.0.1:80"]);
  assert.deepEqual(crowded.map(({ host, wanted, taken }) => [host, wanted, taken]), [["w00", 1000, 62], ["w02", 2, 1]]);
  assert.equal(expanded([[all(...many)]], 10).shown[0].length, 10);
});

Deno.test("further priorities belong to groups for the same clients only", () => {
  const sni = { sni: ["a", "b"] },
    words = [
      { conditions: sni, channels: [{ host: "w0" }] },
      { channels: [{ host: "fallback" }] },
      { conditions: { sni: ["a", "b"] }, channels: [{ host: "w2" }] },
    ];
  const { groups } = expandGroups(words, 80, (group) => group === 0 ? service(["a"], ["b"], ["c"]) : one());
  assert.deepEqual(groups.map(({ conditions, channels }) => [conditions, channels.map(({ host }) => host)]), [
    [sni, ["a"]],
    [undefined, ["fallback"]],
    [sni, ["w2", "b"]],
    [sni, ["c"]],
  ]);
});
