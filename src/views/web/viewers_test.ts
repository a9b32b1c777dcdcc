import assert from "node:assert/strict";
import { recordState } from "../../../tests/support/made_up_state.ts";
import type { RecordState } from "../../state/record_state.ts";
import { EncodedEvent, MOST_WAITING } from "./event_stream.ts";
import { EventParser } from "./page/event_parser.js";
import { MOST_VIEWERS, Viewers } from "./viewers.ts";
import type { WebSource } from "./web_source.ts";
import type { LogLine } from "../../log/log.ts";

/** A process of which the test says what happens. */
class MadeUpSource implements WebSource {
  readonly version = "1.2.3";
  readonly told = new Set<(record: RecordState) => void>();
  readonly logged = new Set<(line: LogLine) => void>();
  states = 0;
  text = "{}";
  state = () => (this.states++, Promise.resolve(this.text));
  failures: WebSource["failures"] = () => Promise.resolve({ failed: [recordState(1)], ended: { idle: 1 }, lost: 0 });
  lines = () => [];
  onFailure = (listener: (record: RecordState) => void) => (this.told.add(listener), () => this.told.delete(listener));
  onLine = (listener: (line: LogLine) => void) => (this.logged.add(listener), () => this.logged.delete(listener));
  run = () => Promise.resolve({ ok: true, lines: [] });
}

/** The next events of a stream, by their types. */
async function next(iterator: AsyncIterator<Uint8Array>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { value, done } = await iterator.next();
    if (done) break;
    found.push(...new EventParser().take(new TextDecoder().decode(value)).map(({ type }) => type));
  }
  return found;
}

Deno.test("a viewer is greeted with what there is, then told of what happens; nobody costs nothing", async () => {
  const source = new MadeUpSource(), viewers = new Viewers(source, false), over = new AbortController();
  assert.deepEqual([source.states, source.told.size], [0, 0]);
  const events = viewers.open(over.signal)![Symbol.asyncIterator]();
  assert.deepEqual(await next(events, 4), ["hello", "log", "failures", "state"]);
  source.told.forEach((tell) => tell(recordState(2)));
  source.logged.forEach((tell) => tell({ time: "", level: "info", message: "x" }));
  assert.deepEqual(await next(events, 2), ["failure", "line"]);
  over.abort();
  assert.deepEqual([(await events.next()).done, viewers.count, source.told.size, source.logged.size], [true, 0, 0, 0]);
});

Deno.test("a viewer who cannot be told of failures is sent away, and nothing else happens", async () => {
  const source = new MadeUpSource(), viewers = new Viewers(source, false), over = new AbortController();
  source.failures = () => Promise.reject(new Error("not now"));
  const stream = viewers.open(over.signal)!;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(stream.ended, true);
  over.abort();
  assert.equal(viewers.count, 0);
});

Deno.test("all viewers get the same bytes, made once", async () => {
  const source = new MadeUpSource(), viewers = new Viewers(source, true), over = new AbortController();
  const both = [viewers.open(over.signal)!, viewers.open(over.signal)!].map((one) => one[Symbol.asyncIterator]());
  const states = await Promise.all(both.map(async (one) => {
    await next(one, 3);
    return (await one.next()).value;
  }));
  assert.equal(states[0], states[1]);
  assert.equal(source.states, 1);
  over.abort();
});

Deno.test("who comes while a state is made for others, who have gone, gets one of its own", async () => {
  const source = new MadeUpSource(), viewers = new Viewers(source, false), made: (() => void)[] = [];
  source.state = () => new Promise((resolve) => made.push(() => resolve(`"${++source.states}"`)));
  const gone = new AbortController(), over = new AbortController();
  viewers.open(gone.signal);
  gone.abort();
  const events = viewers.open(over.signal)![Symbol.asyncIterator]();
  await next(events, 3);
  made.forEach((make) => make());
  assert.match(new TextDecoder().decode((await events.next()).value), /data: "2"/);
  assert.equal(made.length, 2);
  over.abort();
});

Deno.test("a stream by gzip is one that anybody can unpack, from whatever event on one looks", async () => {
  const source = new MadeUpSource(), viewers = new Viewers(source, false, 1), over = new AbortController();
  source.text = JSON.stringify("state ".repeat(1000));
  const alive = setTimeout(() => {}, 30_000);
  const first = viewers.open(over.signal, "gzip")!;
  await next(viewers.open(over.signal)![Symbol.asyncIterator](), 5);
  const packed = new DecompressionStream("gzip"), writer = packed.writable.getWriter(), parser = new EventParser();
  const found: string[] = [],
    reading = (async () => {
      for await (const piece of packed.readable.pipeThrough(new TextDecoderStream())) {
        found.push(...parser.take(piece).map(({ type, data }) => `${type} ${data.length}`));
        if (found.length >= 5) break;
      }
    })();
  let bytes = 0;
  for await (const chunk of first) {
    bytes += chunk.length;
    await writer.write(new Uint8Array(chunk));
    if (found.length >= 5) break;
  }
  await reading.catch(() => {});
  clearTimeout(alive);
  over.abort();
  assert.deepEqual(found.map((event) => event.split(" ")[0]).slice(0, 4), ["hello", "log", "failures", "state"]);
  assert.ok(found.includes(`state ${source.text.length}`) && bytes < 2000, `${bytes} bytes`);
});

Deno.test("a viewer who is slow gets the latest state, and none of those that it missed", async () => {
  const source = new MadeUpSource(), viewers = new Viewers(source, false, 1), over = new AbortController();
  const events = viewers.open(over.signal)![Symbol.asyncIterator](), alive = setTimeout(() => {}, 30_000);
  await next(events, 3);
  const missed = source.states + 20;
  while (source.states < missed) {
    source.text = JSON.stringify(source.states);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const [text] = [new TextDecoder().decode((await events.next()).value)];
  clearTimeout(alive);
  over.abort();
  assert.ok(Number(/data: (\d+)/.exec(text)![1]) > missed - 5, text);
});

Deno.test("there is an end to viewers, and to what waits for a slow one", () => {
  const source = new MadeUpSource(), viewers = new Viewers(source, false), over = new AbortController();
  const streams = Array.from({ length: MOST_VIEWERS }, () => viewers.open(over.signal)!);
  assert.equal(viewers.open(over.signal), undefined);
  const large = new EncodedEvent("line", JSON.stringify("x".repeat(60_000)));
  for (let bytes = 0; bytes < MOST_WAITING; bytes += 60_000) {
    streams[0].push(large);
  }
  streams[0].push(large);
  assert.deepEqual([streams[0].ended, streams[1].ended], [true, false]);
  viewers.close();
  assert.deepEqual([viewers.count, source.told.size], [0, 0]);
  over.abort();
});

Deno.test("a flood of failures is cut, hides neither others nor the log, and how many were left out is said", async () => {
  const source = new MadeUpSource(), viewers = new Viewers(source, false, 1), over = new AbortController();
  const events = viewers.open(over.signal)![Symbol.asyncIterator]();
  await next(events, 4);
  const tell = (i: number, end: string) => source.told.forEach((tell) => tell(recordState(i, { end })));
  for (let i = 0; i < 80; i++) tell(i, "denied");
  for (let i = 0; i < 80; i++) tell(i, `end ${i}`);
  source.logged.forEach((tell) => tell({ time: "", level: "info", message: "x" }));
  const types = await next(events, 51);
  // The viewers' own timer keeps no process alive.
  const alive = setTimeout(() => {}, 30_000);
  assert.deepEqual(types, [...Array(50).fill("failure"), "line"]);
  const { value } = await events.next();
  assert.deepEqual(new EventParser().take(new TextDecoder().decode(value)), [
    { type: "left-out", data: JSON.stringify({ failures: 110, lines: 0 }) },
  ]);
  clearTimeout(alive);
  over.abort();
});
