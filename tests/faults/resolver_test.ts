import assert from "node:assert/strict";
import type { InstanceState } from "../../mod.ts";
import type { DnsReply } from "../support/dns_message.ts";
import { DnsServer } from "../support/dns_server.ts";
import { canListen, condition } from "../support/requirements.ts";
import { Zone } from "../support/zone.ts";
import { checkedBackend } from "./checked_backend.ts";
import { lossless } from "./lossless.ts";
import { pause, within } from "./patience.ts";
import { processorShare } from "./process_figures.ts";
import { LONG, type Scenario, testScenarios } from "./scenario.ts";
import { SteadyLoad } from "./steady_load.ts";

/** Seconds of each kind of fault, and then of answers that differ each time. */
const SECONDS = LONG ? 10 : 1;

/** What the server does instead of answering: it fails, says nothing, knows no such name, or talks nonsense. */
const FAULTS: readonly (DnsReply | undefined)[] = [
  { code: 2 },
  undefined,
  ...LONG ? [{ code: 3 }, { garbage: new Uint8Array(60_000).fill(0xc0) }] : [],
];

/** The name's addresses. Its back end listens on all of them. */
const ADDRESSES = Array.from({ length: 8 }, (_, i) => `127.0.0.${i + 2}`);

export const scenarios: Scenario[] = [{
  fault: "a name server that fails under load",
  made: `a name with ${ADDRESSES.length} channels; ${SECONDS} s each of SERVFAIL, silence` +
    `${LONG ? ", NXDOMAIN, nonsense" : ""}, answers that differ each time`,
  holds: "no connection fails, no byte is wrong; the channels stay while there is no answer",
  needs: [condition(canListen("127.0.0.2"), "needs all of 127.0.0.0/8")],
  async measure(subject) {
    await using backend = checkedBackend({ hostname: "0.0.0.0" });
    const zone = new Zone().host("web.test", ...ADDRESSES);
    await using dns = await DnsServer.start(zone.answer);
    await using target = await subject.balance([`web.test:${backend.port},all`], {
      options: ["--resolver", dns.address],
    });
    const nothingLeaked = await target.watchForLeaks();
    const load = await SteadyLoad.start(target.port, { streams: 20 });
    const places = async () => (await target.channels()).map(({ address }) => address);
    const isStale = (state: InstanceState) => state.groups[0].channels.every(({ resolution }) => resolution?.stale);
    for (const answer of FAULTS) {
      dns.answer = () => answer;
      await target.untilState("it is stale", isStale);
      await pause(SECONDS * 1000);
      assert.deepEqual(await places(), ADDRESSES);
      dns.answer = zone.answer;
      await target.untilState("it answers again", (state) => !isStale(state));
    }
    let changes = 0;
    dns.answer = () => {
      changes++;
      const first = Math.floor(Math.random() * ADDRESSES.length),
        count = 1 + Math.floor(Math.random() * ADDRESSES.length);
      const records = [...ADDRESSES, ...ADDRESSES].slice(first, first + count);
      return { records: records.map((address) => ({ type: "A", address, ttl: 0 })) };
    };
    await dns.askedFor("web.test");
    await pause(SECONDS * 1000);
    dns.answer = zone.answer;
    await target.untilState("all are back", ({ groups: [{ channels }] }) => channels.length === ADDRESSES.length);
    const result = lossless(await load.stop());
    await nothingLeaked();
    const idle = within("idle processor", await processorShare(target.pid, 2), 3, "%");
    return [...result, `${changes} other answers`, idle];
  },
}];

testScenarios(import.meta.url, scenarios);
