import { quote } from "../../log/escape.ts";
import type { Step } from "../../options/check_words.ts";
import { CheckFailed } from "../verdict.ts";
import type { Wire } from "./wire.ts";

/** Most characters of an answer that a reason shows. */
const SHOWN = 60;

/** Sends and expects, step after step. @throws {CheckFailed} */
export async function converse(wire: Wire, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.type === "send") wire.send(step.text);
    else if (step.anchored) await expectStart(wire, [step.text]);
    else await expectAnywhere(wire, step.text);
  }
}

/** Waits until what is received begins with one of these texts, and takes it. @throws {CheckFailed} as soon as it does not */
export async function expectStart(wire: Wire, texts: readonly string[]): Promise<string> {
  for (;;) {
    const { received } = wire, found = texts.find((text) => received.startsWith(text));
    if (found !== undefined) return wire.take(found.length);
    if (!texts.some((text) => text.startsWith(received))) throw unexpected(received, texts[0]);
    await moreOf(wire, texts[0]);
  }
}

/** Waits until a text has been received, and takes everything up to it. @throws {CheckFailed} */
async function expectAnywhere(wire: Wire, text: string): Promise<void> {
  for (;;) {
    const place = wire.received.indexOf(text);
    if (place >= 0) return void wire.take(place + text.length);
    await moreOf(wire, text);
  }
}

/** Waits for a whole line, and takes it. @returns it without its end @throws {CheckFailed} */
export async function takeLine(wire: Wire): Promise<string> {
  for (;;) {
    const end = wire.received.indexOf("\n");
    if (end >= 0) return wire.take(end + 1).replace(/\r?\n$/, "");
    await moreOf(wire, "a line");
  }
}

/** Waits for so many bytes, and takes them. @throws {CheckFailed} */
export async function takeBytes(wire: Wire, count: number): Promise<string> {
  while (wire.received.length < count) await moreOf(wire, "more bytes");
  return wire.take(count);
}

/** An answer that is not what was expected. */
export function unexpected(answer: string, wanted: string): CheckFailed {
  const shown = answer.split("\n")[0].replace(/\r$/, "");
  return new CheckFailed("L7RSP", `it says ${quote(shown.slice(0, SHOWN))}, not ${quote(wanted)}`);
}

async function moreOf(wire: Wire, wanted: string): Promise<void> {
  if (wire.ended) {
    const { received } = wire;
    throw received === ""
      ? new CheckFailed("L7RSP", `it closes the connection without saying ${quote(wanted)}`)
      : unexpected(received, wanted);
  }
  await wire.more();
}
