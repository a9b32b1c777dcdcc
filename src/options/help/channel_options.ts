import type { ChannelOptionRecord } from "../channel_record.ts";
import { channelRecordList } from "../channel_records.ts";
import { SUMMARY, WIDTH, wrapped } from "./option_lines.ts";
import { style } from "./style.ts";

/** Heading of the part about options of channels. */
export const CHANNEL_OPTIONS = "Options of a channel";

/** Where they stand. */
export const CHANNEL_FORM = "They come after the channel's address, separated by commas: host:80,weight=3,name=web1.";

/** An option as it is written. */
function channelOptionForm({ name, kind: { metavar } }: ChannelOptionRecord): string {
  return metavar === undefined ? name : `${name}=${metavar}`;
}

/** The options of channels, a line each. */
export function channelOptionLines(): string[] {
  return channelRecordList.map(([, record]) => optionLine(record));
}

/** The text of `--help channels`: the options of channels with everything there is to say about them. */
export function channelHelp(colour: boolean): string {
  const lines = channelRecordList.flatMap(([, record]) => {
    const more = record.more === undefined ? [] : wrapped(record.more, WIDTH - 6).map((line) => `      ${line}`);
    return [optionLine(record), ...more];
  });
  return [style(colour).bold(CHANNEL_OPTIONS), ...wrapped(CHANNEL_FORM, WIDTH), ...lines].join("\n");
}

function optionLine(record: ChannelOptionRecord): string {
  return `  ${channelOptionForm(record)}`.padEnd(SUMMARY - 1) + ` ${record.summary}`;
}
