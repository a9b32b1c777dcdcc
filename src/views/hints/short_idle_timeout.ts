import type { Rule } from "./figures.ts";

/** Connections that have to end by the timeout before anything is said. */
const ENOUGH = 50;

/** Part of all that end which these must be, and when it is over. */
const MOST = 0.8, OVER = 0.5;

/** A service most of whose connections end because nothing has moved for `--idle-timeout`. */
export const shortIdleTimeout: Rule = {
  kind: "short-idle-timeout",
  about: "service",
  look(service) {
    const idle = service.ended("idle"), ended = service.ended(), { seconds, idleTimeout } = service;
    if (ended < ENOUGH) return undefined;
    if (idle < ended * OVER) return "no";
    if (idle < ENOUGH || idle < ended * MOST) return undefined;
    return {
      text:
        "{idle} of {ended} connections in {seconds} s ended because nothing moved for {idleTimeout} s (--idle-timeout): " +
        "is that too short for these clients?",
      values: { idle, ended, seconds, idleTimeout },
    };
  },
};
