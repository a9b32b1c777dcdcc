import type { ChannelState } from "../../state/channel_state.ts";
import type { ServiceState } from "../../state/service_state.ts";
import { type ByteRate, type ByteRates, keyOf } from "./byte_rates.ts";
import { COLUMNS, titleOf } from "./channel_columns.ts";
import { problemOf } from "./channel_status.ts";
import type { Choice } from "./choice.ts";

export interface ServiceRow {
  readonly kind: "service";
  readonly service: ServiceState;
}

export interface ChannelRow {
  readonly kind: "channel";
  readonly key: string;
  readonly service: string;
  readonly group: number;
  readonly channel: ChannelState;
  readonly bytes: ByteRate | undefined;
}

export type Row = ServiceRow | ChannelRow;

/** Headings that channels can be sorted by, from left to right. The first is their own order. */
export const ORDERS: readonly string[] = ["#", "state", "channel", ...COLUMNS.map(({ heading }) => heading)]
  .filter((heading) => heading !== "c/max");

/** Rows in the order in which they are shown: each service, and those of its channels that are looked for. */
export function rowsOf(services: readonly ServiceState[], rates: ByteRates, choice: Choice, now: number): Row[] {
  const terms = choice.filter.toLowerCase().split(/\s+/).filter((term) => term !== "");
  return services.flatMap((service) => {
    const all = service.groups.flatMap(({ group, channels }) =>
      channels.map((channel): ChannelRow => {
        const key = keyOf(service.name, group, channel.channel);
        return { kind: "channel", key, service: service.name, group, channel, bytes: rates.of(key) };
      })
    );
    const found = terms.length === 0 ? all : all.filter((row) => {
      const words = wordsOf(row, now);
      return terms.every((term) => words.includes(term));
    });
    if (terms.length > 0 && found.length === 0) return [];
    return [{ kind: "service" as const, service }, ...sorted(found, choice)];
  });
}

/** What a filter is compared with. */
function wordsOf({ service, channel }: ChannelRow, now: number): string {
  const problem = problemOf(channel, now).text;
  return `${service} ${channel.state} ${titleOf(channel)} ${channel.host} ${problem}`.toLowerCase();
}

function sorted(rows: ChannelRow[], { sort, reversed }: Choice): ChannelRow[] {
  const value = valueOf(sort);
  if (value === undefined) return reversed ? rows.toReversed() : rows;
  const sign = reversed ? -1 : 1;
  return rows.map((row) => ({ row, value: value(row) })).sort((one, other) => sign * compared(one.value, other.value))
    .map(({ row }) => row);
}

/** The worst first. */
const LEVELS: readonly string[] = ["good", "wanted", "warn", "bad"];

function valueOf(heading: string): ((row: ChannelRow) => number | string) | undefined {
  if (heading === "state") return ({ channel }) => LEVELS.indexOf(channel.level);
  if (heading === "channel") return ({ channel }) => titleOf(channel);
  return COLUMNS.find((column) => column.heading === heading)?.value;
}

/** Words by the alphabet, the highest number first. */
function compared(one: number | string, other: number | string): number {
  if (typeof one === "number" && typeof other === "number") return other - one;
  return String(one).localeCompare(String(other), "en", { numeric: true });
}
