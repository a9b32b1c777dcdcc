import type { ChannelKey } from "../options/channel_records.ts";
import {
  type AllChannelValues,
  allValues,
  channelValue,
  type ChannelValues,
  givenValues,
} from "../options/channel_values.ts";
import { PROXY_VERSIONS, type ProxyVersion } from "../options/records/proxy.ts";
import type { ChannelId } from "../table/channel_id.ts";
import type { NewRow, Table } from "../table/table.ts";

/** What has the options of channels. */
export interface ChannelValuesHolder {
  readonly table: Table;
  /** Those that the table does not hold. */
  readonly values: Map<ChannelId, ChannelValues>;
}

/** How an option is read from the table, and written to it. */
interface TableOption {
  get(table: Table, id: ChannelId): number;
  set(table: Table, id: ChannelId, value: number): void;
  /** What the table's numbers stand for. Default: for themselves. */
  readonly words?: readonly unknown[];
}

/** The words of the option `proxy`, by the numbers of `PROXY`. */
const PROXY_WORDS: readonly (ProxyVersion | undefined)[] = [undefined, ...PROXY_VERSIONS];

/** The options that threads look at. The table holds them; for a new row, they have the same names as here. */
const IN_TABLE = {
  maxc: { get: (table, id) => table.maxc(id), set: (table, id, value) => table.setMaxc(id, value) },
  weight: { get: (table, id) => table.weight(id), set: (table, id, value) => table.setWeight(id, value) },
  proxy: {
    get: (table, id) => table.proxy(id),
    set: (table, id, value) => table.setProxy(id, value),
    words: PROXY_WORDS,
  },
} as const satisfies { readonly [K in ChannelKey & keyof NewRow]: TableOption };

const inTable = Object.entries(IN_TABLE) as readonly (readonly [keyof typeof IN_TABLE, TableOption])[];

/** The options that a channel has now, without those that have their defaults. */
export function valuesOf({ table, values }: ChannelValuesHolder, id: ChannelId): ChannelValues {
  const held = Object.fromEntries(inTable.map(([key, option]) => [key, valueIn(option, option.get(table, id))]));
  return givenValues({ ...values.get(id), ...held });
}

/** All options of a channel. Whoever looks at thousands of them asks for this. */
export function allValuesOf({ table, values }: ChannelValuesHolder, id: ChannelId): AllChannelValues {
  const kept = values.get(id), all: Record<string, unknown> = { ...kept === undefined ? STANDARDS : allValues(kept) };
  for (const [key, option] of inTable) {
    const value = valueIn(option, option.get(table, id));
    if (value !== undefined) all[key] = value;
  }
  return all as unknown as AllChannelValues;
}

/** What a channel has that was given no options. */
const STANDARDS = allValues({});

/** Gives a channel another value of an option; undefined for the default. */
export function setValue<K extends ChannelKey>(
  holder: ChannelValuesHolder,
  id: ChannelId,
  key: K,
  value: ChannelValues[K],
): void {
  if (Object.hasOwn(IN_TABLE, key)) {
    const option: TableOption = IN_TABLE[key as keyof typeof IN_TABLE];
    option.set(holder.table, id, numberOf(option, channelValue({ [key]: value } as ChannelValues, key)));
  } else keepValues(holder, id, { ...holder.values.get(id), [key]: value });
}

/** Notes the options of a new channel that its row does not have. */
export function keepValues({ values }: ChannelValuesHolder, id: ChannelId, all: ChannelValues): void {
  const kept = Object.entries(givenValues(all)).filter(([key]) => !Object.hasOwn(IN_TABLE, key));
  if (kept.length > 0) values.set(id, Object.fromEntries(kept));
  else values.delete(id);
}

/** The options that the row of a new channel has. */
export function rowValues(values: ChannelValues): Pick<NewRow, keyof typeof IN_TABLE> {
  return Object.fromEntries(inTable.map(([key, option]) => [key, numberOf(option, channelValue(values, key))]));
}

/** The PROXY header that a channel gets, whatever its service says; undefined if it gets what that says. */
export function ownProxyVersion(table: Table, id: ChannelId): ProxyVersion | undefined {
  return PROXY_WORDS[table.proxy(id)];
}

function valueIn({ words }: TableOption, number: number): unknown {
  return words === undefined ? number : words[number];
}

function numberOf({ words }: TableOption, value: unknown): number {
  return words === undefined ? value as number : words.indexOf(value);
}
