import { aboutChannel, type Rule } from "./figures.ts";

/** Connections that have to end before anything is said. */
const ENOUGH = 10;

/** Part of them that must not be empty before it is over. */
const OVER = 0.5;

/** A channel that accepts, and then ends every connection without a byte. */
export const silentChannel: Rule = {
  kind: "silent-channel",
  about: "channel",
  look(channel, { seconds }) {
    const { ended, empty, brief, proxy } = channel;
    if (ended < ENOUGH) return undefined;
    if (empty < ended) return empty < ended * OVER ? "no" : undefined;
    const { text, values } = aboutChannel(channel), atOnce = brief === empty;
    const question = proxy
      ? "does it not expect the PROXY header that it gets (proxy=off)?"
      : `does it expect a PROXY header (proxy=v2)${atOnce ? ", or refuse this machine's address" : ", or TLS"}?`;
    return {
      text: `${text} ends every connection without a byte${
        atOnce ? ", within 50 ms" : ""
      }, {ended} in {seconds} s: ${question}`,
      values: { ...values, ended, seconds },
    };
  },
};
