import { aboutChannel, type Rule } from "./figures.ts";

/** Connections that the group must have got. */
const ENOUGH = 200;

/** Part of them that another channel must get before it is over. */
const OVER = 0.05;

/** A group that chooses by the client's address, and has got all clients to one channel. */
export const oneAddress: Rule = {
  kind: "one-address",
  about: "group",
  look({ byAddress, usable, channels }, { seconds }) {
    const given = channels.reduce((sum, channel) => sum + channel.given, 0);
    if (!byAddress || usable < 2 || given < ENOUGH) return undefined;
    const most = channels.reduce((most, channel) => channel.given > most.given ? channel : most);
    if (most.given < given) return most.given < given * (1 - OVER) ? "no" : undefined;
    const { text, values } = aboutChannel(most);
    return {
      text: `${text} got all {given} clients of the last {seconds} s, chosen by their addresses: ` +
        "do they come through one proxy or NAT (--accept-proxy, or another strategy)?",
      values: { ...values, given, seconds },
    };
  },
};
