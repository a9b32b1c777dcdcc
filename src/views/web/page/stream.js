// @ts-check
/** The stream of events, for as long as the page is open: connects again whenever it breaks. */

/** @import { ServerEvent } from "./event_parser.js" */
import { EventParser } from "./event_parser.js";
import { ask } from "./requests.js";

/** Milliseconds without a word from the program after which the connection counts as lost; it says something every 10 s. */
const SILENCE = 16_000;

/** Milliseconds between two tries; the last one repeats. */
const PAUSES = [500, 1_000, 2_000, 4_000];

/**
 * @typedef {{ readonly state: "connecting" | "live" | "lost" | "locked", readonly reason: string }} Connection
 * `locked`: it takes a token, or another one.
 */

/**
 * Follows the stream, and never ends.
 *
 * @param {(event: ServerEvent) => void} onEvent
 * @param {(connection: Connection) => void} onChange
 * @param {() => Promise<void>} unlocked resolves when there is another token to try
 */
export async function follow(onEvent, onChange, unlocked) {
  let tries = 0;
  onChange({ state: "connecting", reason: "" });
  for (;;) {
    const watch = new AbortController();
    let alarm = setTimeout(() => watch.abort(), SILENCE), live = false, reason = "the program does not answer";
    try {
      const response = await ask("events", { signal: watch.signal });
      if (response.status === 401) {
        clearTimeout(alarm);
        onChange({ state: "locked", reason: (await response.text()).trim() });
        await unlocked();
        continue;
      }
      if (!response.ok || response.body === null) throw new Error((await response.text()).trim());
      const parser = new EventParser(), reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(alarm);
        alarm = setTimeout(() => watch.abort(), SILENCE);
        for (const event of parser.take(piece.value)) {
          if (!live) onChange({ state: "live", reason: "" });
          live = true;
          tries = 0;
          onEvent(event);
        }
      }
      reason = "the program has ended the connection";
    } catch (error) {
      // A TypeError is the browser's way to say that the network failed.
      if (!watch.signal.aborted && error instanceof Error && !(error instanceof TypeError)) reason = error.message;
    }
    clearTimeout(alarm);
    watch.abort();
    onChange({ state: "lost", reason });
    const pause = PAUSES[Math.min(tries++, PAUSES.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
