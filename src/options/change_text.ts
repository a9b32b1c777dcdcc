import { escape, quote } from "../log/escape.ts";
import { plural } from "../log/plural.ts";
import { formatAddress } from "../table/address.ts";
import type { ChannelOptionRecord } from "./channel_record.ts";
import { type ChannelKey, channelRecords } from "./channel_records.ts";
import { channelValue, type ChannelValues } from "./channel_values.ts";
import { channelWord, placeWord } from "./channel_words.ts";
import type { ConditionRecord } from "./condition_record.ts";
import { conditionRecords } from "./condition_records.ts";
import type { Change, OptionChange } from "./difference.ts";
import type { Ports } from "./port_ranges.ts";
import { groupWords } from "./group_words.ts";
import type { OptionRecord } from "./option_record.ts";
import { optionRecords } from "./option_records.ts";
import { quoteWord } from "./quote_word.ts";
import { serviceLines } from "./service_text.ts";
import { strategyTitles } from "./strategy_names.ts";

/** How many connections a change concerns; undefined when there is nothing to say about them. */
export type Concerned = (change: Change) => number | undefined;

/** Changes in words, a line each, in their order; services that are added come with their command line. */
export function changeLines(changes: readonly Change[], concerned: Concerned = () => undefined): string[] {
  return changes.flatMap((change) => {
    const connections = concerned(change);
    const drain = connections === undefined
      ? ""
      : `, ${connections} ${plural(connections, "connection")} ${connections === 1 ? "drains" : "drain"}`;
    const [head, ...more] = lines(change);
    return [escape(head + drain), ...more.map(escape)];
  });
}

function lines(change: Change): string[] {
  if (change.kind === "process option") return [`process: ${optionText(change)}`];
  const service = `service ${quote(change.service)}`;
  switch (change.kind) {
    case "service added":
      return [`${service}: added`, ...serviceLines(change.spec).map((line) => `  ${line}`)];
    case "service removed":
      return [`${service}: removed`];
    case "service renamed":
      return [`service ${quote(change.before)}: renamed to ${quote(change.service)}`];
    case "option":
      return [`${service}: ${optionText(change)}`];
    case "address added":
      return [`${service}: also listens on ${addressText(change.host, change.ports)}`];
    case "address removed":
      return [`${service}: stops listening on ${addressText(change.host, change.ports)}`];
    case "strategy":
      return [`${service}: group ${change.group}: ${strategyText(change.before)} → ${strategyText(change.after)}`];
    case "condition": {
      const { name, kind }: ConditionRecord = conditionRecords[change.key];
      const text = (value: unknown) => value === undefined ? "not given" : quoteWord(kind.write(value));
      return [`${service}: group ${change.group}: ${name} ${text(change.before)} → ${text(change.after)}`];
    }
    case "group added":
    case "group removed": {
      const words = groupWords([change.words]).map(quoteWord).join(" ");
      return [`${service}: group ${change.group}: ${change.kind === "group added" ? "added" : "removed"}: ${words}`];
    }
    case "channel added":
    case "channel removed": {
      const done = change.kind === "channel added" ? "added" : "removed";
      return [`${service}: group ${change.group}: channel ${quote(channelWord(change.channel))} ${done}`];
    }
    case "channel adopted": {
      const { group, channel, before } = change;
      const how = before === undefined ? "created" : `assigned in place of ${quote(placeWord(before))}`;
      return [`${service}: group ${group}: channel ${quote(channelWord(channel))} adopted, which an operator ${how}`];
    }
    case "channel option": {
      const { channel, before, group, key } = change, where = quote(placeWord(channel)), { name } = channelRecords[key];
      const [from, to] = [channelValueText(key, before), channelValueText(key, channel)];
      return [`${service}: group ${group}: ${name} of channel ${where} ${from} → ${to}`];
    }
    case "order":
      return [`${service}: group ${change.group}: its channels are reordered`];
  }
}

function strategyText(name: string): string {
  return Object.hasOwn(strategyTitles, name) ? strategyTitles[name] : name;
}

function channelValueText(key: ChannelKey, values: ChannelValues): string {
  const { kind, standard, standardText = standard === undefined ? "none" : undefined }: ChannelOptionRecord =
    channelRecords[key];
  const value = channelValue(values, key);
  if (kind.metavar === undefined) return value ? "on" : "off";
  return value === standard && standardText !== undefined ? standardText : quoteWord(kind.write(value));
}

function addressText(host: string, { first, last }: Ports): string {
  return formatAddress({ host, port: first }) + (last > first ? `-${last}` : "");
}

function optionText({ key, before, after, changeable }: OptionChange): string {
  const record: OptionRecord = optionRecords[key];
  const restart = changeable ? "" : " (needs a restart)";
  const name = record.title ?? record.name;
  return `${name} ${valueText(record, before)} → ${valueText(record, after)}${restart}`;
}

function valueText({ kind, standard, repeatable, nameOf }: OptionRecord, value: unknown): string {
  if (kind.metavar === undefined) return value ? "on" : "off";
  if (value === undefined && kind.off === undefined) return standard === undefined ? "not given" : String(standard);
  if (typeof value !== "string" && kind.bare !== undefined) return value ? "on" : "off";
  return (repeatable ? value as readonly unknown[] : [value]).map((one) => {
    const word = quoteWord(kind.write(one));
    return nameOf === undefined ? word : `${nameOf(one)} ${word}`;
  }).join(" ");
}
