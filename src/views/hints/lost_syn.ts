import { aboutChannel, type Rule } from "./figures.ts";

/** Connects that there must have been lately. */
const ENOUGH = 50;

/** Part of the connects that must have been slow, and when it is over. */
const SLOW = 0.04, OVER = 0.01;

/** A median (ms) beyond which a channel is just slow. */
const FAST = 250;

/** What connects take whose first SYN, or the first two, got no answer (ms): RFC 6298 begins with 1 s and doubles it. */
const RETRIES: readonly (readonly [from: number, to: number])[] = [[950, 1_250], [2_900, 3_300]];

/** A channel whose connects are fast, but for some that take as long as after a lost SYN. */
export const lostSyn: Rule = {
  kind: "lost-syn",
  about: "channel",
  look(channel) {
    if (channel.given < ENOUGH) return undefined;
    const times = channel.connectTimes(), connects = times.length;
    if (connects < ENOUGH || times[connects >> 1] > FAST) return undefined;
    const slow = times.reduce((sum, ms) => sum + Number(RETRIES.some(([from, to]) => ms >= from && ms <= to)), 0);
    if (slow < connects * OVER) return "no";
    if (slow < connects * SLOW) return undefined;
    const { text, values } = aboutChannel(channel);
    return {
      text: `${text} took 1 or 3 s to accept {slow} of the last {connects} connections, as when a SYN is lost: ` +
        "is its backlog full (net.core.somaxconn), or does a firewall drop packets?",
      values: { ...values, slow, connects },
    };
  },
};
