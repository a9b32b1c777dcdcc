import type { Direction, EngineEvent } from "../engine.ts";
import type { SingleSettings } from "../one_each.ts";

/** What main sends a new thread, once. */
export interface ThreadSetup {
  /** The thread's number, from 0; also its lane in the table. */
  readonly thread: number;
  readonly table: SharedArrayBuffer;
  readonly state: SharedArrayBuffer;
  /** One byte for each descriptor the process can have: 0, or its thread's number plus 1. */
  readonly owners: SharedArrayBuffer;
  /** The listening socket's descriptor. */
  readonly listener: number;
  /** Each thread's eventfd. */
  readonly wakes: readonly number[];
  /** Without strategies, which cannot be sent. */
  readonly settings: SingleSettings;
  /** Whether to post every chunk to main. */
  readonly dump: boolean;
}

/** What a thread reports to main. */
export type ThreadMessage =
  /** It serves. */
  | { readonly type: "ready" }
  /** It cannot start, or cannot go on. */
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "event"; readonly event: EngineEvent }
  | { readonly type: "chunk"; readonly direction: Direction; readonly bytes: Uint8Array<ArrayBuffer> }
  /** It no longer holds anything and is about to end. */
  | { readonly type: "ended" };
