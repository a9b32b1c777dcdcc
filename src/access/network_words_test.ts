import assert from "node:assert/strict";
import { isNetworkFault, type NetworkFault, parseNetworks } from "./network_words.ts";

const canonical = (word: string) => {
  const parts = parseNetworks(word);
  return isNetworkFault(parts) ? parts : parts.map(({ text }) => text).join(",");
};

Deno.test("networks are read, and written in their shortest form", () => {
  const words: readonly [string, string][] = [
    ["10.0.0.1", "10.0.0.1"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["10.0.0.1/32", "10.0.0.1"],
    ["10.0.0.0-10.255.255.255", "10.0.0.0/8"],
    ["10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9"],
    ["10.0.0.1-10.0.0.1", "10.0.0.1"],
    ["2001:DB8:0::/32", "2001:db8::/32"],
    ["::/0", "::/0"],
    ["::1/128", "::1"],
    ["fe80::1-fe80::9", "fe80::1-fe80::9"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
    ["::/80", "::/80"],
    ["all", "all"],
    ["@/etc/balance/deny", "@/etc/balance/deny"],
    ["@C:\\lists\\deny.txt", "@C:\\lists\\deny.txt"],
    ["10.0.0.0/8,@deny,::1", "10.0.0.0/8,@deny,::1"],
  ];
  for (const [word, expected] of words) assert.equal(canonical(word), expected, word);
});

Deno.test("a bad network is told by the part that is wrong", () => {
  const faults: readonly [string, NetworkFault][] = [
    ["", { word: "", reason: "is empty" }],
    ["10.0.0.1,", { word: "10.0.0.1,", reason: "has an empty part" }],
    ["@", { word: "@", reason: "names no file" }],
    ["10.0.0.1,web1", { word: "web1", reason: "is not a numeric address" }],
    ["10.0.0.256", { word: "10.0.0.256", reason: "is not a numeric address" }],
    ["10.0.0.1/8", { word: "10.0.0.1/8", reason: "has bits set behind its prefix", suggestion: "10.0.0.0/8" }],
    ["2001:db8::1/64", {
      word: "2001:db8::1/64",
      reason: "has bits set behind its prefix",
      suggestion: "2001:db8::/64",
    }],
    ["10.0.0.0/33", { word: "10.0.0.0/33", reason: "needs a prefix length from 0 to 32" }],
    ["10.0.0.0/08", { word: "10.0.0.0/08", reason: "needs a prefix length from 0 to 32" }],
    ["10.0.0.0/255.0.0.0", { word: "10.0.0.0/255.0.0.0", reason: "needs a prefix length from 0 to 32" }],
    ["::/129", { word: "::/129", reason: "needs a prefix length from 0 to 128" }],
    ["::/", { word: "::/", reason: "needs a prefix length from 0 to 128" }],
    ["10.0.0.9-10.0.0.1", {
      word: "10.0.0.9-10.0.0.1",
      reason: "ends before it begins",
      suggestion: "10.0.0.1-10.0.0.9",
    }],
    ["10.0.0.1-::1", { word: "10.0.0.1-::1", reason: "mixes IPv4 and IPv6" }],
    ["10.0.0.0/8-10.0.0.9", { word: "10.0.0.0/8", reason: "is not a numeric address" }],
    ["fe80::1%2", { word: "fe80::1%2", reason: "has a zone, which networks do not have" }],
    ["fe80::1%eth0", { word: "fe80::1%eth0", reason: "has a zone, which networks do not have" }],
  ];
  for (const [word, fault] of faults) assert.deepEqual(parseNetworks(word), fault, word);
});
