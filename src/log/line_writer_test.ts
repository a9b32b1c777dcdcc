import assert from "node:assert/strict";
import { type ByteSink, LineWriter } from "./line_writer.ts";

/** A sink that takes a few bytes at a time, and only when it is allowed to. */
class SlowSink implements ByteSink {
  text = "";
  #open = Promise.withResolvers<void>();

  constructor(readonly most = Infinity) {}

  letGo(): void {
    this.#open.resolve();
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#open.promise;
    const taken = bytes.subarray(0, this.most);
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("pieces arrive whole and in order at a sink that takes little at a time", async () => {
  const sink = new SlowSink(3), writer = new LineWriter(sink, 1000, () => "lost");
  sink.letGo();
  for (let i = 0; i < 50; i++) writer.write(bytes(`line ${i}\n`));
  await writer.flush(10_000);
  assert.equal(sink.text, Array.from({ length: 50 }, (_, i) => `line ${i}\n`).join(""));
});

Deno.test("whole pieces are dropped when the reader is too slow, and a line in their place says so", async () => {
  const sink = new SlowSink(), writer = new LineWriter(sink, 10, (pieces) => `(${pieces} lost)\n`);
  for (const text of ["first\n", "abc\n", "dropped\n", "dropped\n"]) writer.write(bytes(text));
  sink.letGo();
  await writer.flush(10_000);
  assert.equal(sink.text, "first\nabc\n(2 lost)\n");
  writer.write(bytes("again\n"));
  await writer.flush(10_000);
  assert.equal(sink.text, "first\nabc\n(2 lost)\nagain\n");
  assert.equal(writer.lost, 2);
});

Deno.test("without a reader the pieces are lost, and nothing else happens", async () => {
  let writes = 0;
  const gone = () => Promise.reject(new Deno.errors.BrokenPipe(`gone ${++writes}`));
  const writer = new LineWriter({ write: gone }, 1000, () => "lost");
  for (let i = 0; i < 10; i++) writer.write(bytes("line\n"));
  await writer.flush(10_000);
  writer.write(bytes("more\n"));
  await writer.flush(10_000);
  assert.equal(writes, 1);
});

Deno.test("flush gives up on a reader that does not read", async () => {
  const sink = new SlowSink(), writer = new LineWriter(sink, 1000, () => "lost");
  writer.write(bytes("line\n"));
  await writer.flush(1);
  assert.equal(sink.text, "");
  sink.letGo();
  await writer.flush(10_000);
  assert.equal(sink.text, "line\n");
});

Deno.test("after a failed write the writer waits for a second, then says what was lost", async () => {
  using time = new FakeClock();
  let full = true, text = "", writes = 0;
  const write = (bytes: Uint8Array) => {
    writes++;
    if (full) return Promise.reject(new Error("No space left on device (os error 28)"));
    text += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  };
  const writer = new LineWriter({ write }, 1000, (pieces, why) => `(${pieces} lost: ${why})\n`);
  for (let i = 0; i < 5; i++) writer.write(bytes("line\n"));
  await writer.flush(10_000);
  assert.deepEqual([writer.lost, writer.problem], [5, "No space left on device"]);
  full = false;
  time.pass(999);
  writer.write(bytes("line\n"));
  await writer.flush(10_000);
  assert.deepEqual([writes, text], [1, ""]);
  time.pass(1);
  writer.write(bytes("again\n"));
  await writer.flush(10_000);
  assert.equal(text, "(6 lost: No space left on device)\nagain\n");
  assert.deepEqual([writer.lost, writer.problem], [6, undefined]);
});

Deno.test("a lost note of what was lost is written again, and counted once", async () => {
  using time = new FakeClock();
  let full = true, text = "";
  const write = (bytes: Uint8Array) => {
    if (full) return Promise.reject(new Error("No space left on device"));
    text += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  };
  const writer = new LineWriter({ write }, 1000, (pieces) => `(${pieces} lost)\n`);
  for (let i = 0; i < 3; i++) {
    writer.write(bytes("line\n"));
    await writer.flush(10_000);
    time.pass(1000);
  }
  full = false;
  writer.write(bytes("again\n"));
  await writer.flush(10_000);
  assert.deepEqual([text, writer.lost], ["(3 lost)\nagain\n", 3]);
});

Deno.test("a sink that fails after it was replaced does not hold up the next one", async () => {
  const failing = Promise.withResolvers<number>();
  let closed = 0;
  const old = { write: () => failing.promise, close: () => void closed++ },
    unused = new SlowSink(),
    young = new SlowSink();
  const writer = new LineWriter(old, 1000, (pieces) => `(${pieces} lost)\n`);
  writer.write(bytes("first\n"));
  writer.replace(Object.assign(unused, { close: () => void closed++ }));
  assert.equal(closed, 0);
  writer.replace(young);
  assert.equal(closed, 1);
  young.letGo();
  failing.reject(new Deno.errors.BrokenPipe("gone"));
  await writer.flush(10_000);
  assert.equal(closed, 2);
  writer.write(bytes("second\n"));
  await writer.flush(10_000);
  assert.equal(young.text, "(1 lost)\nsecond\n");
});

Deno.test("a sink that is replaced gets the rest of the piece it has begun, and is then closed", async () => {
  let closed = 0;
  const old = Object.assign(new SlowSink(3), { close: () => void closed++ }), young = new SlowSink();
  const writer = new LineWriter(old, 1000, () => "lost");
  writer.write(bytes("first\n"));
  writer.replace(young);
  writer.write(bytes("second\n"));
  assert.equal(closed, 0);
  old.letGo();
  young.letGo();
  await writer.flush(10_000);
  assert.deepEqual([old.text, young.text, closed], ["first\n", "second\n", 1]);
  writer.replace(old);
  writer.replace(young);
  assert.equal(closed, 2);
});

Deno.test("a write that hangs is left to its sink when another takes its place, a few times at most", async () => {
  const closed: number[] = [];
  const sinks = Array.from(
    { length: 7 },
    (_, i) => Object.assign(new SlowSink(), { close: () => void closed.push(i) }),
  );
  const writer = new LineWriter(sinks[0], 1000, () => "lost");
  for (const [i, next] of sinks.slice(1).entries()) {
    writer.write(bytes(`line ${i}\n`));
    await new Promise((resolve) => setTimeout(resolve));
    writer.replace(next);
  }
  sinks[6].letGo();
  await writer.flush(1);
  // Four writes are left hanging; the fifth is waited for, and with it what came later.
  assert.deepEqual([sinks[6].text, closed], ["", [5]]);
  for (const sink of sinks) sink.letGo();
  await writer.flush(10_000);
  const lines = (...numbers: number[]) => numbers.map((i) => `line ${i}\n`).join("");
  assert.deepEqual(sinks.map(({ text }) => text), [lines(0), lines(1), lines(2), lines(3), lines(4), "", lines(5)]);
  assert.deepEqual(closed.toSorted(), [0, 1, 2, 3, 4, 5]);
  assert.equal(writer.lost, 0);
});

Deno.test("the next line does not stick to one that a full disk has cut", async () => {
  using time = new FakeClock();
  let room = 8, text = "";
  const write = (bytes: Uint8Array) => {
    if (room === 0) return Promise.reject(new Error("No space left on device (os error 28)"));
    const taken = bytes.subarray(0, room);
    room -= taken.length;
    text += new TextDecoder().decode(taken);
    return Promise.resolve(taken.length);
  };
  const writer = new LineWriter({ write }, 1000, (pieces) => `(${pieces} lost)\n`);
  for (const line of ["first\n", "second\n"]) writer.write(bytes(line));
  await writer.flush(10_000);
  room = 100;
  time.pass(1_000);
  writer.write(bytes("third\n"));
  await writer.flush(10_000);
  assert.equal(text, "first\nse\n(1 lost)\nthird\n");
});

/** `performance.now()` that stands still. */
class FakeClock {
  readonly #real = performance.now;
  #now = this.#real.call(performance);

  constructor() {
    performance.now = () => this.#now;
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  [Symbol.dispose](): void {
    performance.now = this.#real;
  }
}

Deno.test("of a piece of several lines, those are lost that could not be written whole", async () => {
  let text = "", full = true;
  const write = (bytes: Uint8Array) => {
    if (full && text.length > 0) return Promise.reject(new Error("no space left"));
    const taken = bytes.subarray(0, 7);
    text += new TextDecoder().decode(taken);
    return Promise.resolve(taken.length);
  };
  const writer = new LineWriter({ write, close: () => {} }, 1000, (lines, why) => `(${lines} lost: ${why})\n`);
  writer.write(bytes("one\ntwo\nthree\n"), 3);
  writer.write(bytes("four\nfive\n"), 2);
  await writer.flush(10_000);
  assert.deepEqual([text, writer.lost], ["one\ntwo", 4]);
  full = false;
  writer.replace({ write, close: () => {} });
  writer.write(bytes("six\nseven\n"), 2);
  await writer.flush(10_000);
  assert.equal(text, "one\ntwo(4 lost: the reader was too slow)\nsix\nseven\n");
});

Deno.test("a piece of several lines for which there is no room counts as so many", async () => {
  const sink = new SlowSink(), writer = new LineWriter(sink, 20, (lines) => `(${lines})\n`);
  writer.write(bytes("one\ntwo\n"), 2);
  writer.write(bytes("three\nfour\nfive\n"), 3);
  sink.letGo();
  await writer.flush(10_000);
  assert.deepEqual([sink.text, writer.lost], ["one\ntwo\n(3)\n", 3]);
});
