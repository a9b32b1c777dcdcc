import assert from "node:assert/strict";
import type { End } from "../../table/records/ends.ts";
import type { ChannelFigures, GroupFigures, Rule, ServiceFigures, Verdict } from "./figures.ts";
import { lostSyn } from "./lost_syn.ts";
import { noProxyHeader } from "./no_proxy_header.ts";
import { noAnswer } from "./no_answer.ts";
import { oneAddress } from "./one_address.ts";
import { shortIdleTimeout } from "./short_idle_timeout.ts";
import { silentChannel } from "./silent_channel.ts";

const channel = (figures: Partial<ChannelFigures>): ChannelFigures => ({
  group: 1,
  channel: 2,
  address: "192.0.2.1:80",
  given: 0,
  ended: 0,
  empty: 0,
  brief: 0,
  unanswered: 0,
  answers: true,
  proxy: false,
  connectTimes: () => new Float64Array(),
  ...figures,
});

const group = (...given: number[]): GroupFigures => ({
  group: 1,
  byAddress: true,
  usable: given.length,
  channels: given.map((given, number) => channel({ channel: number, given })),
});

const service = (ends: Partial<Record<End, number>> = {}): ServiceFigures => ({
  seconds: 20,
  idleTimeout: 30,
  groups: [],
  ended: (end) => end === undefined ? Object.values(ends).reduce((sum, count) => sum + count, 0) : ends[end] ?? 0,
});

/** `fast` connects of 1 to 100 ms, and these. */
const times = (fast: number, ...slow: number[]) => () => {
  return Float64Array.from([...Array.from({ length: fast }, (_, i) => 1 + 100 * i / fast), ...slow]).sort();
};

function look(rule: Rule, about: ChannelFigures | GroupFigures | ServiceFigures): Verdict {
  if (rule.about === "channel") return rule.look(about as ChannelFigures, service());
  if (rule.about === "group") return rule.look(about as GroupFigures, service());
  return rule.look(about as ServiceFigures);
}

/** The text of a finding with its values, or what else the verdict is. */
function told(verdict: Verdict): string {
  if (verdict === undefined) return "too little";
  if (verdict === "no") return verdict;
  return verdict.text.replaceAll(/\{(\w+)\}/g, (_, name) => {
    assert.ok(name in verdict.values, `no value ${name}`);
    return String(verdict.values[name]);
  });
}

for (
  const [what, rule, about, expected] of [
    ["9 empty connections are too few", silentChannel, channel({ ended: 9, empty: 9, brief: 9 }), "too little"],
    [
      "10 that end at once without a byte ask about a PROXY header",
      silentChannel,
      channel({ ended: 10, empty: 10, brief: 10 }),
      "group 1 channel 2 (192.0.2.1:80) ends every connection without a byte, within 50 ms, 10 in 20 s: " +
      "does it expect a PROXY header (proxy=v2), or refuse this machine's address?",
    ],
    [
      "one that takes longer could be TLS",
      silentChannel,
      channel({ ended: 10, empty: 10, brief: 9 }),
      "group 1 channel 2 (192.0.2.1:80) ends every connection without a byte, 10 in 20 s: " +
      "does it expect a PROXY header (proxy=v2), or TLS?",
    ],
    [
      "a channel that gets a PROXY header may not want it",
      silentChannel,
      channel({ ended: 12, empty: 12, brief: 12, proxy: true }),
      "group 1 channel 2 (192.0.2.1:80) ends every connection without a byte, within 50 ms, 12 in 20 s: " +
      "does it not expect the PROXY header that it gets (proxy=off)?",
    ],
    ["one that answers once is not silent", silentChannel, channel({ ended: 1000, empty: 999 }), "too little"],
    ["one that answers half of them is over it", silentChannel, channel({ ended: 10, empty: 4 }), "no"],
    [
      "a channel of a group that answers does not",
      noAnswer,
      channel({ unanswered: 20, ended: 30 }),
      "group 1 channel 2 (192.0.2.1:80) has not answered over the last 20 connections: does it hang? " +
      "A health check that waits for an answer would take it out (--check http:/)",
    ],
    [
      "one that ends them itself is another matter",
      noAnswer,
      channel({ unanswered: 20, ended: 30, empty: 30 }),
      "too little",
    ],
    ["19 without an answer are too few", noAnswer, channel({ unanswered: 19, ended: 30 }), "too little"],
    [
      "where no channel ever answers, none is expected to",
      noAnswer,
      channel({ unanswered: 50, answers: false }),
      "too little",
    ],
    ["an answer ends it", noAnswer, channel({ ended: 5 }), "no"],
    [
      "few connects say nothing",
      lostSyn,
      channel({ given: 49, connectTimes: times(45, 1000, 1000, 1000) }),
      "too little",
    ],
    [
      "connects that take 1 or 3 s among fast ones ask about the backlog",
      lostSyn,
      channel({ given: 100, connectTimes: times(60, 1010, 1003, 3030) }),
      "group 1 channel 2 (192.0.2.1:80) took 1 or 3 s to accept 3 of the last 63 connections, as when a SYN is lost: " +
      "is its backlog full (net.core.somaxconn), or does a firewall drop packets?",
    ],
    [
      "a channel that is slow at all",
      lostSyn,
      channel({ given: 100, connectTimes: times(0, ...Array(60).fill(1000)) }),
      "too little",
    ],
    [
      "slow connects of any other time",
      lostSyn,
      channel({ given: 100, connectTimes: times(60, 500, 700, 2000, 2500) }),
      "no",
    ],
    [
      "most connections that end by the idle timeout",
      shortIdleTimeout,
      service({ idle: 80, closed: 20 }),
      "80 of 100 connections in 20 s ended because nothing moved for 30 s (--idle-timeout): " +
      "is that too short for these clients?",
    ],
    ["few connections that end by the idle timeout", shortIdleTimeout, service({ idle: 49 }), "too little"],
    ["not most of them", shortIdleTimeout, service({ idle: 79, closed: 21 }), "too little"],
    ["less than half of them", shortIdleTimeout, service({ idle: 49, closed: 51 }), "no"],
    [
      "clients of which none has a PROXY header",
      noProxyHeader,
      service({ "proxy-header": 6, "proxy-timeout": 4 }),
      "none of 10 clients in 20 s began with a valid PROXY header: " +
      "does the proxy in front send one, and is --accept-proxy for it alone?",
    ],
    ["few of them", noProxyHeader, service({ "proxy-header": 9 }), "too little"],
    ["one that has it", noProxyHeader, service({ "proxy-header": 50, closed: 1 }), "no"],
    [
      "a hash that gives all clients to one channel",
      oneAddress,
      group(0, 200, 0),
      "group 1 channel 1 (192.0.2.1:80) got all 200 clients of the last 20 s, chosen by their addresses: " +
      "do they come through one proxy or NAT (--accept-proxy, or another strategy)?",
    ],
    ["not by the address", oneAddress, { ...group(200, 0), byAddress: false }, "too little"],
    ["only one that is usable", oneAddress, { ...group(200, 0), usable: 1 }, "too little"],
    ["few clients", oneAddress, group(199, 0), "too little"],
    ["some other clients", oneAddress, group(200, 1), "too little"],
    ["a twentieth elsewhere", oneAddress, group(200, 20), "no"],
  ] as const
) Deno.test(`${rule.kind}: ${what}`, () => assert.equal(told(look(rule, about)), expected));
