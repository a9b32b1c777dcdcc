/** A channel as a specification (a command line, a file, a program) describes it. */
export interface ChannelSpec {
  /** Host as it was given, a name or an address. */
  readonly host: string;
  /** Numeric address of the host; missing while it does not resolve. */
  readonly address?: string;
  /** TCP port, 0 for the port that the client came to. */
  readonly port: number;
  /** Most simultaneous connections. Default 0, no limit. */
  readonly maxc?: number;
}

/** A group as a specification describes it. Its number is its place in the list. */
export interface GroupSpec {
  /** Name of its strategy. Default: the first one of the list, Round Robin. */
  readonly strategy?: string;
  readonly channels: readonly ChannelSpec[];
}

/** What identifies a channel of a specification within its group. */
type Named = Pick<ChannelSpec, "host" | "port">;

/**
 * For each wanted channel, the place of the earlier one with the same host and port; undefined if it is new. Several
 * identical ones match in their order.
 */
export function matchChannels(before: readonly Named[], wanted: readonly Named[]): (number | undefined)[] {
  const places = new Map<string, number[]>();
  before.forEach((channel, place) => {
    const key = keyOf(channel), list = places.get(key);
    if (list === undefined) places.set(key, [place]);
    else list.push(place);
  });
  return wanted.map((channel) => places.get(keyOf(channel))?.shift());
}

function keyOf({ host, port }: Named): string {
  return `${port} ${host}`;
}
