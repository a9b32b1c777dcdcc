import type { ChannelKey } from "../options/channel_records.ts";
import { channelValue, type ChannelValues, givenValues } from "../options/channel_values.ts";
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
}

/** The options that threads look at. The table holds them; for a new row, they have the same names as here. */
const IN_TABLE = {
  maxc: { get: (table, id) => table.maxc(id), set: (table, id, value) => table.setMaxc(id, value) },
  weight: { get: (table, id) => table.weight(id), set: (table, id, value) => table.setWeight(id, value) },
} as const satisfies { readonly [K in ChannelKey & keyof NewRow]: TableOption };

const inTable = Object.entries(IN_TABLE) as readonly (readonly [keyof typeof IN_TABLE, TableOption])[];

/** The options that a channel has now, without those that have their defaults. */
export function valuesOf({ table, values }: ChannelValuesHolder, id: ChannelId): ChannelValues {
  const held = Object.fromEntries(inTable.map(([key, { get }]) => [key, get(table, id)]));
  return givenValues({ ...values.get(id), ...held });
}

/** Gives a channel another value of an option; undefined for the default. */
export function setValue<K extends ChannelKey>(
  holder: ChannelValuesHolder,
  id: ChannelId,
  key: K,
  value: ChannelValues[K],
): void {
  if (Object.hasOwn(IN_TABLE, key)) {
    const { set }: TableOption = IN_TABLE[key as keyof typeof IN_TABLE];
    set(holder.table, id, channelValue({ [key]: value } as ChannelValues, key) as number);
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
  return Object.fromEntries(inTable.map(([key]) => [key, channelValue(values, key)]));
}
