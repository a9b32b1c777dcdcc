import { titleOf } from "./channel_columns.ts";
import type { Choice, Order } from "./choice.ts";
import type { Key } from "./keys.ts";
import { type ChannelRow, ORDERS, type Row } from "./rows.ts";

/** What the program has to do after a key. */
export type Effect =
  | { readonly kind: "quit" }
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "why"; readonly words: string }
  | { readonly kind: "look" }
  | { readonly kind: "redraw" }
  | { readonly kind: "suspend" };

export interface Acted {
  readonly choice: Choice;
  readonly effect?: Effect;
}

/** What is on the screen. */
export interface Shown {
  readonly rows: readonly Row[];
  /** Lines that a page has. */
  readonly page: number;
}

/** Commands for the chosen channel: what they are called, and what is asked before. */
const ORDER_KEYS: Readonly<Record<Key, (row: ChannelRow) => Order>> = {
  d: (row) => order(row, "drain", `drain ${nameOf(row)}: no new connections`),
  e: (row) => order(row, "enable", `enable ${nameOf(row)}`),
  x: (row) => order(row, "disable", `disable ${nameOf(row)}`),
  c: (row) => order(row, "shut", `close all ${row.channel.current} connections of ${nameOf(row)}`),
};

/** What a key does. */
export function act(choice: Choice, key: Key, shown: Shown): Acted {
  if (key === "ctrl-l") return { choice, effect: { kind: "redraw" } };
  if (key === "ctrl-z") return { choice, effect: { kind: "suspend" } };
  if (choice.order !== undefined) return answered(choice, choice.order, key);
  if (choice.typed !== undefined) return typing(choice, choice.typed, key);
  if (key === "q" || key === "ctrl-c" || key === "ctrl-d") {
    if (key === "q" && choice.pane !== "channels") return { choice: { ...choice, pane: "channels", paneTop: 0 } };
    return { choice, effect: { kind: "quit" } };
  }
  return onPane({ ...choice, notice: undefined }, key, shown);
}

function onPane(choice: Choice, key: Key, shown: Shown): Acted {
  const pane = (name: Choice["pane"]): Choice => ({
    ...choice,
    pane: choice.pane === name ? "channels" : name,
    paneTop: 0,
  });
  if (key === "?" || key === "h") return { choice: pane("help") };
  if (key === "f") return { choice: pane("failures"), effect: { kind: "look" } };
  if (key === "p" || key === " ") {
    return choice.paused
      ? { choice: { ...choice, paused: false }, effect: { kind: "look" } }
      : { choice: { ...choice, paused: true } };
  }
  if (key === "w") return { choice: { ...choice, typed: { what: "why", text: "", before: "" } } };
  if (choice.pane !== "channels") {
    if (key === "escape" || key === "enter") return { choice: { ...choice, pane: "channels", paneTop: 0 } };
    return { choice: { ...choice, paneTop: Math.max(0, moved(choice.paneTop, key, shown.page, Infinity)) } };
  }
  return onChannels(choice, key, shown);
}

function onChannels(choice: Choice, key: Key, { rows, page }: Shown): Acted {
  if (key === "/") {
    return { choice: { ...choice, typed: { what: "filter", text: choice.filter, before: choice.filter } } };
  }
  if (key === "escape") return { choice: { ...choice, filter: "" } };
  if (key === "r") return { choice: { ...choice, reversed: !choice.reversed } };
  const step = key === "right" || key === ">" ? 1 : key === "left" || key === "<" ? -1 : 0;
  if (step !== 0) {
    const next = (ORDERS.indexOf(choice.sort) + step + ORDERS.length) % ORDERS.length;
    return { choice: { ...choice, sort: ORDERS[next], reversed: false } };
  }
  const channels = rows.filter((row) => row.kind === "channel"),
    at = channels.findIndex(({ key }) => key === choice.selected);
  const ask = Object.hasOwn(ORDER_KEYS, key) ? ORDER_KEYS[key] : undefined;
  if (ask !== undefined) {
    if (at < 0) return { choice: { ...choice, notice: { text: "choose a channel first: arrow keys", bad: true } } };
    return { choice: { ...choice, order: ask(channels[at]) } };
  }
  const next = at < 0 ? 0 : moved(at, key, page, channels.length - 1);
  if (next === at || !MOVES.has(key)) return { choice };
  return { choice: { ...choice, selected: channels[Math.max(0, next)]?.key } };
}

const MOVES: ReadonlySet<Key> = new Set(["up", "k", "down", "j", "page up", "page down", "home", "g", "end", "G"]);

/** Where a key leads from a line. The last one is cut by whoever shows it where it is not known. */
function moved(at: number, key: Key, page: number, last: number): number {
  const to = { up: at - 1, k: at - 1, down: at + 1, j: at + 1, "page up": at - page, "page down": at + page }[key];
  if (to !== undefined) return Math.max(0, Math.min(to, last));
  if (key === "home" || key === "g") return 0;
  return key === "end" || key === "G" ? last : at;
}

function answered(choice: Choice, order: Order, key: Key): Acted {
  const done = { ...choice, order: undefined };
  if (key === "ctrl-c") return { choice: done, effect: { kind: "quit" } };
  if (key === "y" || key === "Y") return { choice: done, effect: { kind: "order", order } };
  return { choice: { ...done, notice: { text: "nothing was done", bad: false } } };
}

/** Longest line that can be typed, in characters. */
const LONGEST = 200;

function typing(choice: Choice, typed: NonNullable<Choice["typed"]>, key: Key): Acted {
  const { what, text, before } = typed;
  const filter = (text: string) => what === "filter" ? { filter: text, top: 0 } : {};
  if (key === "ctrl-c" || key === "escape") return { choice: { ...choice, typed: undefined, ...filter(before) } };
  if (key === "enter") {
    const done = { ...choice, typed: undefined };
    if (what === "filter" || text.trim() === "") return { choice: done };
    return { choice: done, effect: { kind: "why", words: text.trim() } };
  }
  const next = key === "backspace"
    ? [...text].slice(0, -1).join("")
    : key === "ctrl-u"
    ? ""
    : [...key].length === 1 && text.length < LONGEST
    ? text + key
    : text;
  return { choice: { ...choice, typed: { what, text: next, before }, ...filter(next) } };
}

function order(row: ChannelRow, word: string, question: string): Order {
  return { command: `${word} ${row.channel.channel}`, question, row };
}

function nameOf({ service, group, channel }: ChannelRow): string {
  return `channel ${group}/${channel.channel} of ${service} (${titleOf(channel)})`;
}
