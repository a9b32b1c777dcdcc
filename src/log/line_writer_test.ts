import assert from "node:assert/strict";
import { type ByteSink, LineWriter } from "./line_writer.ts";

/** A sink that takes a few bytes at a time, and only when it is let. */
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

Deno.test("what a slow reader cannot take is dropped by whole pieces, and said so in its place", async () => {
  const sink = new SlowSink(), writer = new LineWriter(sink, 10, (pieces) => `(${pieces} lost)\n`);
  for (const text of ["first\n", "abc\n", "dropped\n", "dropped\n"]) writer.write(bytes(text));
  sink.letGo();
  await writer.flush(10_000);
  assert.equal(sink.text, "first\nabc\n");
  writer.write(bytes("again\n"));
  await writer.flush(10_000);
  assert.equal(sink.text, "first\nabc\n(2 lost)\nagain\n");
});

Deno.test("a reader that is gone costs the pieces, nothing else", async () => {
  let writes = 0;
  const writer = new LineWriter({ write: () => Promise.reject(new Error(`gone ${++writes}`)) }, 1000, () => "lost");
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
