/** What `--proxy` and the channel option `proxy` take. */
export const PROXY_VERSIONS = ["off", "v1", "v2"] as const;

/** The version of a PROXY header, or none. */
export type ProxyVersion = (typeof PROXY_VERSIONS)[number];
