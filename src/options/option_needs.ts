import { isHttp } from "./check_words.ts";
import type { ChannelValues } from "./channel_values.ts";
import { optionList } from "./option_records.ts";
import type { ServiceValues } from "./values.ts";

/** Groups, as far as options depend on them. */
type Groups = readonly { readonly channels: readonly Pick<ChannelValues, "proxy">[] }[];

/** What an option needs in order to mean anything. */
export interface Need {
  /** On a command line. */
  readonly words: string;
  /** In the library. */
  readonly library: string;
}

/** @returns undefined if it is there */
type Missing = (values: ServiceValues, groups: Groups) => Need | undefined;

const proxyV2: Missing = ({ proxy }, groups) =>
  proxy === "v2" || groups.some(({ channels }) => channels.some(({ proxy }) => proxy === "v2"))
    ? undefined
    : { words: "--proxy v2, or a channel with proxy=v2", library: 'the proxy "v2", for the service or a channel' };

const passTlv: Missing = (values, groups) =>
  values.acceptProxy === undefined
    ? { words: "--accept-proxy NETWORKS", library: "acceptProxy" }
    : proxyV2(values, groups);

const httpCheck: Missing = ({ check }) =>
  isHttp(check)
    ? undefined
    : { words: "--check http:PATH or https:PATH", library: "a check of http:PATH or https:PATH" };

/** Options that say how another one works. */
const NEEDS = {
  checkExpect: httpCheck,
  proxyChecksum: proxyV2,
  proxyUniqueId: proxyV2,
  proxyPassTlv: passTlv,
} as const satisfies { readonly [K in keyof ServiceValues]?: Missing };

/** Name of an option that needs another one. */
export type NeedyOption = keyof typeof NEEDS;

/** Options that are given but lack what they need, with that, in the order of the help. */
export function unmetNeeds(values: ServiceValues, groups: Groups): (readonly [key: NeedyOption, need: Need])[] {
  return optionList.flatMap(([key]) => {
    if (!(key in NEEDS)) return [];
    const needy = key as NeedyOption, value = values[needy], need = NEEDS[needy](values, groups);
    return value === undefined || value === false || need === undefined ? [] : [[needy, need] as const];
  });
}
