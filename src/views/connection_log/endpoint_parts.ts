/** The host of `host:port`, without the brackets of an IPv6 address. */
export function hostOf(endpoint: string): string {
  const host = endpoint.slice(0, endpoint.lastIndexOf(":"));
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** The port of `host:port`. */
export function portOf(endpoint: string): string {
  return endpoint.slice(endpoint.lastIndexOf(":") + 1);
}
