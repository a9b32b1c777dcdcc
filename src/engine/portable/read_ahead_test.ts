import assert from "node:assert/strict";
import { ReadAhead } from "./read_ahead.ts";
import type { Stream } from "./stream.ts";

Deno.test("what was read ahead comes first, then the rest of the stream", async () => {
  const client = new Scripted(), ahead = new ReadAhead(client);
  client.say("abc");
  await ahead.more();
  client.say("def");
  await ahead.more();
  assert.equal(text(ahead.bytes), "abcdef");
  ahead.drop(2);
  assert.equal(text(ahead.bytes), "cdef");
  client.say("ghi");
  client.end();
  assert.equal(await readAll(ahead, 3), "cdefghi");
});

Deno.test("its buffer grows with what comes, and keeps every byte", async () => {
  const client = new Scripted(), ahead = new ReadAhead(client), rooms: number[] = [];
  let sent = "";
  for (let i = 0; sent.length < 40_000; i++) {
    const piece = `${i} `.repeat(40);
    client.say(piece);
    sent += piece;
    while (!client.isEmpty) {
      await ahead.more();
      rooms.push(client.room);
      if (i === 20) {
        ahead.drop(100);
        sent = sent.slice(100);
      }
    }
    assert.equal(text(ahead.bytes), sent);
  }
  assert.ok(Math.max(...rooms.slice(0, 2)) <= 512, "the first buffer is small");
  assert.ok(Math.max(...rooms) <= 64 * 1024);
  client.end();
  assert.equal(await readAll(ahead, 4096), sent);
});

Deno.test("a read that is under way when the client gets its channel goes on, and its bytes come in order", async () => {
  const client = new Scripted(), ahead = new ReadAhead(client);
  client.say("first");
  await ahead.more();
  const more = ahead.more(), buffer = new Uint8Array(16);
  assert.equal(await ahead.read(buffer), 5);
  const next = ahead.read(buffer.subarray(5));
  client.say("second");
  assert.equal(await next, 6);
  await more;
  assert.equal(text(buffer.subarray(0, 11)), "firstsecond");
  client.end();
  assert.equal(await ahead.read(buffer), null);
});

Deno.test("an end or a reset is told once, after the bytes before it have been kept", async () => {
  for (const how of ["ended", "gone"] as const) {
    const client = new Scripted(), ahead = new ReadAhead(client), told: string[] = [];
    client.say("last words");
    const watched = ahead.watch((how) => told.push(how));
    if (how === "ended") client.end();
    else client.fail(new Error("reset"));
    await watched;
    assert.deepEqual(told, [how]);
    assert.deepEqual([ahead.ended, ahead.gone], [how === "ended", how === "gone"]);
    // Whoever asks later gets the same answer.
    await ahead.more();
    await ahead.watch((how) => told.push(how));
    assert.deepEqual(told, [how, how]);
    const buffer = new Uint8Array(16);
    assert.equal(await ahead.read(buffer), 10);
    if (how === "ended") assert.equal(await ahead.read(buffer), null);
    else await assert.rejects(ahead.read(buffer), new Error("reset"));
  }
});

Deno.test("once nothing is held of a client, it is read from directly", async () => {
  const client = new Scripted(), ahead = new ReadAhead(client);
  client.say("header");
  await ahead.more();
  ahead.drop(6);
  assert.equal(ahead.served(), client);
  const held = new ReadAhead(client), waiting = new ReadAhead(client), ended = new ReadAhead(client);
  client.say("x");
  await held.more();
  assert.equal(held.served(), held);
  const more = waiting.more();
  assert.equal(waiting.served(), waiting);
  client.end();
  await more;
  await ended.more();
  assert.equal(ended.served(), ended);
});

Deno.test("a watched client is read from until one small buffer is full", async () => {
  const client = new Scripted(), ahead = new ReadAhead(client);
  for (let i = 0; i < 100; i++) client.say("x".repeat(100));
  await ahead.watch(() => assert.fail("it has not left"));
  assert.equal(ahead.bytes.length, 4096);
  client.end();
  assert.equal((await readAll(ahead, 1000)).length, 10_000);
});

/** A stream that says what it is told to. */
class Scripted implements Stream {
  /** Bytes of the buffer of the last read. */
  room = 0;
  #bytes = new Uint8Array(0);
  #end: (() => null) | undefined;
  #wake: (() => void) | undefined;

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  say(text: string): void {
    this.#bytes = new Uint8Array([...this.#bytes, ...new TextEncoder().encode(text)]);
    this.#wake?.();
  }

  end(): void {
    this.#end = () => null;
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#end = () => {
      throw error;
    };
    this.#wake?.();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    this.room = buffer.length;
    while (this.isEmpty && this.#end === undefined) await new Promise<void>((resolve) => this.#wake = resolve);
    if (this.isEmpty) return this.#end!();
    const length = Math.min(buffer.length, this.#bytes.length);
    buffer.set(this.#bytes.subarray(0, length));
    this.#bytes = this.#bytes.subarray(length);
    return length;
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

async function readAll(from: Stream, size: number): Promise<string> {
  const buffer = new Uint8Array(size);
  let all = "";
  for (let length = await from.read(buffer); length !== null; length = await from.read(buffer)) {
    all += text(buffer.subarray(0, length));
  }
  return all;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
