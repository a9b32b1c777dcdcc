import { ageText } from "../../log/quantities.ts";
import type { ChannelState } from "../../state/channel_state.ts";
import { troubleText } from "../../state/trouble_text.ts";
import { type Line, line, span, type Style } from "./line.ts";

/** State of a channel: its word, and a sign for how bad that is. */
export interface Status {
  readonly sign: string;
  readonly word: string;
  readonly style: Style;
}

/** How something looks: a sign, what stands for it in other alphabets than Unicode, and a style. */
type Look = readonly [sign: string, plain: string, style: Style];

/** By level. Signs differ in shape, for those who do not see the colours. */
const LOOKS: ReadonlyMap<string, Look> = new Map<string, Look>([
  ["good", ["●", "+", "good"]],
  ["warn", ["▲", "!", "wanted"]],
  ["bad", ["✖", "x", "bad"]],
  ["wanted", ["○", "-", "wanted"]],
]);
const DRAINING: Look = ["◐", "~", "wanted"], UNKNOWN: Look = ["?", "?", "plain"];

export function statusOf({ state: word, level }: Pick<ChannelState, "state" | "level">, unicode: boolean): Status {
  const [sign, plain, style] = word === "draining" ? DRAINING : LOOKS.get(level) ?? UNKNOWN;
  return { sign: unicode ? sign : plain, word, style };
}

/** Words of states with the same sign, and what they mean. */
const MEANINGS: readonly (readonly [level: string, state: string, words: readonly string[]])[] = [
  ["good", "up", ["up: gets clients, and all is well"]],
  ["warn", "full", ["full: has all connections it may; flapping: checks fail and succeed by turns"]],
  ["bad", "down", [
    "failing: connects fail; no-answer: accepts, but does not answer",
    "down: checks fail; unresolved: its host is unknown; disabled: by autodisable",
  ]],
  ["wanted", "draining", ["draining: gets no new clients, but has some"]],
  ["wanted", "drained", ["drained: has none left; maint: in maintenance; disabled: by an operator"]],
];

/** What the signs and words mean. */
export function meaningLines(unicode: boolean): Line[] {
  return MEANINGS.flatMap(([level, state, words]) => {
    const { sign, style } = statusOf({ state, level }, unicode);
    return words.map((text, i) => line("  ", i === 0 ? span(sign, style) : " ", ` ${text}`));
  });
}

/** What is wrong with a channel and since when; empty if nothing is. @param now milliseconds since 1970 */
export function problemOf({ troubles }: ChannelState, now: number): { readonly text: string; readonly style: Style } {
  const [first] = troubles;
  if (first === undefined) return { text: "", style: "plain" };
  const style = first.level === "past" ? "faint" : LOOKS.get(first.level)?.[2] ?? "plain";
  return { text: troubles.map((trouble) => troubleText(trouble, now)).join("; "), style };
}

/** What the word of its state does not say, where there is little room: the result, or who did it, and for how long. */
export function shortProblemOf(channel: ChannelState, now: number): string {
  const { state, health, lastError, disabledBy, troubles: [first] } = channel;
  if (first === undefined) return "";
  const what = state === "down"
    ? health?.last?.result
    : state === "failing" || first.level === "past"
    ? lastError?.result
    : state === "disabled"
    ? disabledBy.find((party) => party === "operator" || party === "autodisable")
    : undefined;
  const time = first.since ?? first.at;
  if (time === null) return what ?? (first.reason || first.what);
  const age = ageText((now - Date.parse(time)) / 1000).replace(/ .*/, "");
  return what === undefined ? age : `${what} ${age}`;
}
