import type { Name } from "../../names/name.ts";
import { isExpanding, srvName } from "../../options/expanding_words.ts";
import { isHostName } from "../../process/resolve.ts";
import { familyOf } from "../../table/address.ts";
import type { ChannelOptions } from "../options/options.ts";
import type { ServiceRequest } from "../drafts/service_request.ts";

/** A service's words, and where its connections come from. */
export interface Named {
  readonly request: Pick<ServiceRequest, "groups" | "ports" | "values">;
  /** Numeric address that connections come from. */
  readonly source: string | undefined;
}

/** The name of a channel's word if that is followed; undefined if it is resolved once, or numeric. */
export function followedName({ request, source }: Named, word: ChannelOptions): Name | undefined {
  const srv = srvName(word.host);
  if (srv !== undefined) return { kind: "service", name: srv };
  if (!(isExpanding(word) || request.values.resolve) || !isHostName(word.host)) return undefined;
  return hostName(word.host, source);
}

/** The names of a service's words that are followed. */
export function followedNames(named: Named): Name[] {
  return named.request.groups.flatMap(({ channels }) => channels.flatMap((word) => followedName(named, word) ?? []));
}

/** Whether a service has such words. */
export function followsNames(named: Named): boolean {
  return named.request.groups.some(({ channels }) => channels.some((word) => followedName(named, word) !== undefined));
}

/** A host for connections from `source`. */
export function hostName(name: string, source: string | undefined): Name {
  return { kind: "host", name, family: source === undefined ? undefined : familyOf(source) };
}
