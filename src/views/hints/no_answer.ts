import { aboutChannel, type Rule } from "./figures.ts";

/** Connections in a row without an answer from which on it is said. */
const ENOUGH = 20;

/** A channel that accepts and takes what clients say, but does not answer, while its group does or did. */
export const noAnswer: Rule = {
  kind: "no-answer",
  about: "channel",
  look(channel) {
    const { unanswered, answers, ended, empty } = channel;
    if (unanswered === 0) return "no";
    // If it ends them itself, it does not hang: see `silentChannel`.
    if (unanswered < ENOUGH || !answers || empty >= ended) return undefined;
    const { text, values } = aboutChannel(channel);
    return {
      text: `${text} has not answered over the last {unanswered} connections: does it hang? ` +
        "A health check that waits for an answer would take it out (--check http:/)",
      values: { ...values, unanswered },
    };
  },
};
