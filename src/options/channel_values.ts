import { type ChannelKey, channelRecordList, type channelRecords } from "./channel_records.ts";
import type { Kind } from "./kinds/kind.ts";
import { optional, type Shape } from "./shape.ts";

/** @internal */
type Records = typeof channelRecords;
type ValueOf<R> = R extends { readonly kind: Kind<infer T> } ? T : never;
/** @internal */
type StandardKey = {
  [K in keyof Records]: Records[K] extends { readonly standard: unknown } ? K : never;
}[keyof Records];

/** @internal */
type WordKey = { [K in keyof Records]: Records[K] extends { readonly ofWord: true } ? K : never }[keyof Records];

// Editors show the comments of the records, since these types are mapped over some of the keys of a type parameter.
/** @internal */
type Given<R, K extends keyof R> = { readonly [P in K]?: ValueOf<R[P]> };
/** @internal */
type Filled<R, K extends keyof R> = { readonly [P in K]: ValueOf<R[P]> };
/** @internal */
type OrNull<R, K extends keyof R> = { readonly [P in K]: ValueOf<R[P]> | null };

/** A channel's options, as far as they were given. What equals the default may be left out. */
export type ChannelValues = Given<Records, keyof Records>;

/** All options of a channel: what was not given has its default, or null if it has none. */
export type AllChannelValues =
  & Filled<Records, Exclude<StandardKey, WordKey>>
  & OrNull<Records, Exclude<keyof Records, StandardKey | WordKey>>;

/** An option's value; its default if it is not given. */
export function channelValue<K extends ChannelKey>(values: ChannelValues, key: K): ChannelValues[K] {
  return values[key] ?? standards[key];
}

/** The options among the properties of an object, without those that have their defaults. */
export function givenValues(values: { readonly [K in ChannelKey]?: ChannelValues[K] | null }): ChannelValues {
  const given = channelRecordList.filter(([key, { standard }]) => (values[key] ?? standard) !== standard);
  return Object.fromEntries(given.map(([key]) => [key, values[key]]));
}

/** All options, with their defaults filled in. */
export function allValues(values: ChannelValues): AllChannelValues {
  return Object.fromEntries(
    channelRecordList.filter(([, { ofWord }]) => !ofWord).map(([key]) => [key, channelValue(values, key) ?? null]),
  ) as unknown as AllChannelValues;
}

/** The options that have different values. */
export function differingKeys(a: ChannelValues, b: ChannelValues): ChannelKey[] {
  return channelRecordList.map(([key]) => key).filter((key) => channelValue(a, key) !== channelValue(b, key));
}

/** What each option must look like that a program gives. */
export const channelShapes = Object.fromEntries(
  channelRecordList.map(([key, { kind }]) => [key, optional(kind.check)]),
) as { readonly [K in ChannelKey]-?: Shape<ChannelValues[K]> };

const standards: ChannelValues = Object.fromEntries(
  channelRecordList.flatMap(([key, { standard }]) => standard === undefined ? [] : [[key, standard]]),
);
