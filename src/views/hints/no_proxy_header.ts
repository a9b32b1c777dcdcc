import type { Rule } from "./figures.ts";

/** Clients that have to come before anything is said. */
const ENOUGH = 10;

/** A service that wants a PROXY header from its clients, and gets a good one from none. */
export const noProxyHeader: Rule = {
  kind: "no-proxy-header",
  about: "service",
  look(service) {
    const clients = service.ended("proxy-header") + service.ended("proxy-timeout"), ended = service.ended();
    if (ended < ENOUGH) return undefined;
    if (clients < ended) return "no";
    const { seconds } = service;
    return {
      text: "none of {clients} clients in {seconds} s began with a valid PROXY header: " +
        "does the proxy in front send one, and is --accept-proxy for it alone?",
      values: { clients, seconds },
    };
  },
};
