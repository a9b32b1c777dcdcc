import type { ChannelOfValues, Need, OptionRecord, OtherValues } from "./option_record.ts";
import { type OptionKey, optionList, type optionRecords } from "./option_records.ts";
import type { Kind } from "./kinds/kind.ts";
import { list, optional, type Shape } from "./shape.ts";

/** Most values of an option that may be given several times. */
const MOST_VALUES = 64;

/** @internal */
type Records = typeof optionRecords;
/** @internal Options that have values of their own. */
type OwnKey = { [K in OptionKey]: Records[K] extends { readonly into: string } ? never : K }[OptionKey];
type KeysWith<Mark> = { [K in OptionKey]: Records[K] extends Mark ? K : never }[OptionKey];

type OneOf<R> = R extends { readonly kind: Kind<infer T, infer _> } ? T : never;
type ValueOf<R> = R extends { readonly repeatable: true } ? readonly OneOf<R>[] : OneOf<R>;
type OneFromLibrary<R> = R extends { readonly kind: Kind<infer _, infer L> } ? L : never;
type FromLibrary<R> = R extends { readonly repeatable: true } ? OneFromLibrary<R> | readonly OneFromLibrary<R>[]
  : OneFromLibrary<R>;

// Editors show the comments of the records, since these types are mapped over some of the keys of a type parameter.
type Given<R, K extends keyof R> = { readonly [P in K]?: ValueOf<R[P]> };
/** @internal */
type Taken<R, K extends keyof R> = { readonly [P in K]?: FromLibrary<R[P]> };
type Filled<R, K extends keyof R> = { readonly [P in K]: ValueOf<R[P]> };

// A service's name is not one of its values: it is there for every service, given or not.
type ServiceKey = Exclude<KeysWith<{ readonly scope: "service" | "both" }> & OwnKey, "name">;
type ProcessKey = KeysWith<{ readonly scope: "process" | "both" }>;
type StandardKey = KeysWith<{ readonly standard: unknown }>;
/** @internal */
type LibraryKey = Exclude<ServiceKey | ProcessKey, KeysWith<{ readonly programOnly: true }>>;

/** Options of a service, as far as they were given. */
export type ServiceValues = Given<Records, ServiceKey>;

/** Options of the process, as far as they were given. */
export type ProcessValues = Given<Records, ProcessKey>;

/** Any options, as far as they were given. */
export type OptionValues = Given<Records, OwnKey>;

/** Options of a service, with their defaults. */
export type ServiceOptions =
  & Filled<Records, ServiceKey & StandardKey>
  & Given<Records, Exclude<ServiceKey, StandardKey>>;

/** Options of the process, with their defaults. */
export type ProcessOptions =
  & Filled<Records, ProcessKey & StandardKey>
  & Given<Records, Exclude<ProcessKey, StandardKey>>;

/** Options that the library has. */
export type LibraryValues = Taken<Records, LibraryKey>;

/** The same once they are checked. */
export type CheckedLibraryValues = Given<Records, LibraryKey>;

const isService = ({ scope, name }: OptionRecord) => name !== "name" && (scope === "service" || scope === "both");
const isProcess = ({ scope }: OptionRecord) => scope === "process" || scope === "both";
const isOfLibrary = ({ scope, programOnly }: OptionRecord) => scope !== "action" && !programOnly;

/** The values of a service among others. */
export function serviceValues(values: OptionValues): ServiceValues {
  return chosen(values, isService);
}

/** The values of the process among others. Those that a service may have too belong to the service. */
export function processValues(values: OptionValues): ProcessValues {
  return chosen(values, isProcess);
}

/** The values that the library takes, among others. */
export function libraryValues(values: OptionValues): CheckedLibraryValues {
  return chosen(values, isOfLibrary);
}

/** A service's options, with their defaults filled in. */
export function serviceOptions(values: OptionValues): ServiceOptions {
  return { ...standards(isService), ...serviceValues(values) } as ServiceOptions;
}

/** The process's options, with their defaults filled in. */
export function processOptions(values: OptionValues): ProcessOptions {
  return { ...standards(isProcess), ...processValues(values) } as ProcessOptions;
}

/** The options of a service that gives these, below a `defaults` line with those. */
export function withDefaults(values: ServiceValues, defaults: ServiceValues): ServiceValues {
  const all: Record<string, unknown> = { ...defaults, ...values };
  for (const [key, { joins }] of optionList as readonly [keyof ServiceValues, OptionRecord][]) {
    const own = values[key], standard = defaults[key];
    if (joins && own !== undefined && standard !== undefined) all[key] = [own, standard].flat();
  }
  return all;
}

/** Options that are given but lack others that they say more about, with those, in the order of the help. */
export function unmetNeeds(
  values: OtherValues,
  groups: readonly { readonly channels: readonly ChannelOfValues[] }[],
): (readonly [key: OptionKey, need: Need])[] {
  return optionList.flatMap(([key, { needs }]) => {
    if (needs === undefined || values[key] === undefined || values[key] === false) return [];
    const need = needs(values, groups.flatMap(({ channels }) => channels));
    return need === undefined ? [] : [[key, need] as const];
  });
}

/** What each option of the library must look like. */
export const libraryShapes = Object.fromEntries(
  optionList.filter(([, record]) => isOfLibrary(record)).map(([key, { kind, repeatable }]) => {
    return [key, optional(repeatable ? several(kind.check) : kind.check)];
  }),
) as { readonly [K in LibraryKey]-?: Shape<CheckedLibraryValues[K]> };

/** One value alone, or a list of them. */
function several<T>(shape: Shape<T>): Shape<readonly T[]> {
  const items = list(shape, MOST_VALUES);
  return (value, path) => isArray(value) ? items(value, path) : [shape(value, path)];
}

/** `Array.isArray`, which throws on a proxy that has been revoked; reading that one will say so. */
function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

function chosen(values: OptionValues, belongs: (record: OptionRecord) => boolean): Record<string, never> {
  const all: Readonly<Record<string, unknown>> = values;
  const own = optionList.filter(([key, record]) => belongs(record) && all[key] !== undefined);
  return Object.fromEntries(own.map(([key]) => [key, all[key]])) as Record<string, never>;
}

function standards(belongs: (record: OptionRecord) => boolean): Record<string, unknown> {
  const own = optionList.filter(([, record]) => belongs(record) && record.standard !== undefined);
  return Object.fromEntries(own.map(([key, { standard }]) => [key, standard]));
}
