import type { ChannelRow } from "./rows.ts";

/** What the screen shows. */
export type Pane = "channels" | "failures" | "why" | "help";

/** A command that waits for a yes. */
export interface Order {
  readonly command: string;
  readonly question: string;
  readonly row: ChannelRow;
}

/** What the operator has chosen. */
export interface Choice {
  readonly pane: Pane;
  /** Heading of the column that channels are sorted by. */
  readonly sort: string;
  readonly reversed: boolean;
  /** Words that a channel must have to be shown. */
  readonly filter: string;
  /** Key of the chosen channel. */
  readonly selected: string | undefined;
  /** First row on the screen, of the channels and of the other panes. */
  readonly top: number;
  readonly paneTop: number;
  readonly paused: boolean;
  /** A line that is being typed. */
  readonly typed: { readonly what: "filter" | "why"; readonly text: string; readonly before: string } | undefined;
  readonly order: Order | undefined;
  /** What came of the last command. */
  readonly notice: { readonly text: string; readonly bad: boolean } | undefined;
  /** What `why` has answered. */
  readonly why: readonly string[];
}

export const FIRST_CHOICE: Choice = {
  pane: "channels",
  sort: "#",
  reversed: false,
  filter: "",
  selected: undefined,
  top: 0,
  paneTop: 0,
  paused: false,
  typed: undefined,
  order: undefined,
  notice: undefined,
  why: [],
};
