import { quote } from "../log/escape.ts";
import { MAX_CHANNELS, MAX_GROUPS } from "../table/limits.ts";
import { type ChannelWord, channelWord, isWrong, readChannel } from "./channel_words.ts";
import { ConditionReader, conditionWords, isCondition } from "./condition_words.ts";
import { type Fault, FaultCode } from "./fault.ts";
import type { GroupConditions } from "./group_conditions.ts";
import { nearest } from "./nearest.ts";
import { parsePort } from "./port_names.ts";
import type { PlacedWord } from "./split_words.ts";
import { strategyNames } from "./strategy_names.ts";

/** A group as the command line gives it. */
export interface GroupWords {
  /** Name of the strategy. */
  readonly strategy: string;
  /** Which clients it is for. Missing: for all. */
  readonly conditions?: GroupConditions;
  readonly channels: readonly ChannelWord[];
}

/** What names can stand for. */
interface Known {
  readonly port?: typeof parsePort;
  /** Names of all strategies. Default: the built-in ones. */
  readonly strategies?: readonly string[];
}

/** The strategy of a group that nothing ends. */
const STANDARD = "rr";

/** The separators of Balance, and the strategy of the group before each. */
const SHORT: Readonly<Record<string, string>> = { "!": STANDARD, "%": "hash" };

/** The same by the strategies. */
const SHORT_OF: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(SHORT).map(([separator, strategy]) => [strategy, separator]),
);

/** Whether a word ends a group: `!`, `%`, or `%` with the name of a strategy. */
export function isSeparator(word: string): boolean {
  return word === "!" || word.startsWith("%");
}

/**
 * Reads groups: `[condition=value]… host1[:port1[:maxc1]][,option]… [!|%|%STRATEGY] …`. What is wrong or too many is a
 * fault and left out.
 */
export function readGroups(
  words: readonly PlacedWord[],
  { port = parsePort, strategies = strategyNames }: Known = {},
): { groups: readonly GroupWords[]; faults: readonly Fault[] } {
  const groups: GroupWords[] = [], faults: Fault[] = [], named = new Map<string, string>();
  let channels: ChannelWord[] = [], conditions = new ConditionReader(), seen = 0, first: string | undefined;
  for (const [i, { text, word }] of words.entries()) {
    if (isCondition(text)) {
      if (groups.length === MAX_GROUPS) continue;
      const fault = conditions.read({ text, word }, first);
      if (fault !== undefined) faults.push(fault);
      continue;
    }
    if (!isSeparator(text)) {
      first ??= text;
      seen++;
      const channel = readChannel(text, port);
      if (groups.length === MAX_GROUPS) {
        if (seen === 1) {
          faults.push({ word, message: tooMany("groups", MAX_GROUPS, text), code: FaultCode.UNAVAILABLE });
        }
      } else if (seen > MAX_CHANNELS) {
        const message = tooMany("channels in a group", MAX_CHANNELS, text);
        if (seen === MAX_CHANNELS + 1) faults.push({ word, message, code: FaultCode.USAGE });
      } else if (isWrong(channel)) faults.push({ word, ...channel });
      else if (channel.name !== undefined && named.has(channel.name)) {
        const other = quote(named.get(channel.name)!),
          message = `channel ${quote(text)}: ${other} already has that name`;
        faults.push({ word, message, code: FaultCode.USAGE });
      } else {
        channels.push(channel);
        if (channel.name !== undefined) named.set(channel.name, text);
      }
      continue;
    }
    const strategy = SHORT[text] ?? text.slice(1);
    if (!strategies.includes(strategy)) faults.push(unknownStrategy(text, word, strategies));
    if (seen === 0) {
      faults.push({ word, message: emptyGroup(text, words[i - 1]?.text, conditions), code: FaultCode.UNAVAILABLE });
    } else if (groups.length < MAX_GROUPS) groups.push(groupOf(strategy, conditions, channels));
    channels = [];
    conditions = new ConditionReader();
    seen = 0;
    first = undefined;
  }
  if (channels.length > 0 && groups.length < MAX_GROUPS) groups.push(groupOf(STANDARD, conditions, channels));
  if (seen === 0 && conditions.first !== undefined) {
    const { text, word } = conditions.first;
    faults.push({ word, message: `no channel follows condition ${quote(text)}`, code: FaultCode.UNAVAILABLE });
  }
  return { groups, faults };
}

/** The words that `readGroups` reads as these groups. */
export function groupWords(groups: readonly GroupWords[]): string[] {
  return groups.flatMap(({ strategy, conditions, channels }, i) => {
    const words = [...conditionWords(conditions), ...channels.map(channelWord)];
    // The last group is Round Robin without a separator.
    return strategy === STANDARD && i === groups.length - 1 ? words : [...words, separatorWord(strategy)];
  });
}

function groupOf(
  strategy: string,
  { values: conditions }: ConditionReader,
  channels: readonly ChannelWord[],
): GroupWords {
  return conditions === undefined ? { strategy, channels } : { strategy, conditions, channels };
}

/** The word that ends a group with this strategy. */
function separatorWord(strategy: string): string {
  return Object.hasOwn(SHORT_OF, strategy) ? SHORT_OF[strategy] : `%${strategy}`;
}

function unknownStrategy(text: string, word: number, strategies: readonly string[]): Fault {
  const suggestion = nearest(text, strategies.map((name) => `%${name}`));
  const all = suggestion === undefined ? `, only ${strategies.map((name) => `%${name}`).join(", ")}` : "";
  return { word, message: `unknown strategy ${quote(text)}${all}`, suggestion, code: FaultCode.USAGE };
}

/** Says so whether nothing precedes a separator, only conditions, or another one, which has ended the group already. */
function emptyGroup(text: string, before: string | undefined, { first: condition }: ConditionReader): string {
  const why = condition !== undefined
    ? `; no channel follows condition ${quote(condition.text)}`
    : before === undefined
    ? ""
    : `; ${quote(before)} ends a group already`;
  return `empty group before separator ${quote(text)}${why}`;
}

function tooMany(what: string, most: number, word: string): string {
  return `too many ${what}: ${quote(word)} is beyond ${most}`;
}
