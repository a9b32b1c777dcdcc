/** `-p`: every chunk on standard output, exactly in Balance's form. */
import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { Instance } from "../support/instance.ts";
import { pattern } from "../support/pattern.ts";
import { readChunks, writeAll } from "../support/streams.ts";

/** One chunk of a dump. */
interface Chunk {
  readonly direction: "->" | "-<";
  readonly bytes: Uint8Array;
}

/** Reads a dump back, and refuses whatever is not exactly as specified. */
function parseDump(dump: string): Chunk[] {
  const chunks: Chunk[] = [];
  let at = 0;
  while (at < dump.length) {
    const head = /^(->|-<) (\d+)\n/.exec(dump.slice(at, at + 40));
    assert.ok(head, `no head at ${at}: ${JSON.stringify(dump.slice(at, at + 40))}`);
    at += head[0].length;
    const bytes = new Uint8Array(Number(head[2]));
    let column = 0;
    for (let i = 0; i < bytes.length; i++) {
      const piece = /^(?:\\([0-9A-F]{2})|\\(\\)|([ -[\]-~]))/.exec(dump.slice(at, at + 3));
      assert.ok(piece, `no byte at ${at}: ${JSON.stringify(dump.slice(at, at + 20))}`);
      const [text, hex, backslash, plain] = piece;
      bytes[i] = hex === undefined ? (backslash ?? plain).charCodeAt(0) : parseInt(hex, 16);
      // What can be shown as it is must be: there is only one form.
      if (hex !== undefined) assert.ok(bytes[i] < 0x20 || bytes[i] > 0x7e, `${text} at ${at}`);
      at += text.length;
      column += text.length;
      if (bytes[i] === 10 || column > 80) {
        assert.equal(dump[at++], "\n", `a line break at ${at - 1}`);
        column = 0;
      }
    }
    if (column > 0) assert.equal(dump[at++], "\n", `the end of the line at ${at - 1}`);
    assert.equal(dump[at++], "\n", `an empty line at ${at - 1}`);
    chunks.push({ direction: head[1] as Chunk["direction"], bytes });
  }
  return chunks;
}

/** All bytes of one direction. */
function all(chunks: readonly Chunk[], direction: Chunk["direction"]): Uint8Array {
  return new Uint8Array(chunks.filter((chunk) => chunk.direction === direction).flatMap(({ bytes }) => [...bytes]));
}

async function stopped(instance: Instance): Promise<string> {
  await instance.control("kill");
  assert.equal(await instance.ended(), 0);
  return instance.stdout.text;
}

Deno.test("each chunk is a head, its bytes and an empty line", async () => {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["-p"] });
  using client = await instance.client();
  const talk: [string, string][] = [
    ["hello \x01\\ world\n", "15\nhello \\01\\\\ world\\0A\n\n"],
    ["x", "1\nx\n\n"],
    ["\n", "1\n\\0A\n\n"],
    ["\n\n", "2\n\\0A\n\\0A\n\n"],
    ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "27\nGET / HTTP/1.1\\0D\\0A\nHost: a\\0D\\0A\n\\0D\\0A\n\n"],
    ["a\nb", "3\na\\0A\nb\n\n"],
    ["~ \x7f\x1f\x1b[31m", "9\n~ \\7F\\1F\\1B[31m\n\n"],
    ["\u00e9\u202e", "5\n\\C3\\A9\\E2\\80\\AE\n\n"],
    ["-> 5\nfake\n", "10\n-> 5\\0A\nfake\\0A\n\n"],
  ];
  let expected = "";
  for (const [data, shown] of talk) {
    const bytes = new TextEncoder().encode(data);
    await client.send(bytes);
    await client.readExactly(bytes.length);
    expected += `-> ${shown}-< ${shown}`;
  }
  client[Symbol.dispose]();
  assert.equal(await stopped(instance), expected);
});

Deno.test("a line is broken after 80 columns, wherever an escape falls", async () => {
  await using back = new Backend((connection) => readChunks(connection, () => {}));
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["-p"] });
  using client = await instance.client();
  const talk: [string, string][] = [
    ["a".repeat(80), "a".repeat(80) + "\n"],
    ["a".repeat(81), "a".repeat(81) + "\n"],
    ["a".repeat(82), "a".repeat(81) + "\na\n"],
    ["a".repeat(200), "a".repeat(81) + "\n" + "a".repeat(81) + "\n" + "a".repeat(38) + "\n"],
    ["a".repeat(80) + "\0b", "a".repeat(80) + "\\00\nb\n"],
    ["a".repeat(79) + "\\b", "a".repeat(79) + "\\\\\nb\n"],
    ["\0".repeat(28), "\\00".repeat(27) + "\n\\00\n"],
    ["a".repeat(80) + "\nb", "a".repeat(80) + "\\0A\nb\n"],
  ];
  let seen = 0;
  for (const [data, shown] of talk) {
    await client.send(data);
    const expected = `-> ${data.length}\n${shown}\n`;
    await instance.stdout.until(expected, seen);
    assert.equal(instance.stdout.text.slice(seen), expected);
    seen += expected.length;
  }
});

Deno.test("the dump of a transfer is the transfer, byte for byte, both ways", async () => {
  const down = pattern(300_000, 1), up = pattern(200_000, 2);
  await using back = new Backend(async (connection) => {
    await readChunks(connection, () => {});
    await writeAll(connection, down);
  });
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["-p"] });
  using client = await instance.client();
  await client.send(up);
  await client.finish();
  assert.equal((await client.readToEnd()).length, down.length);
  const chunks = parseDump(await stopped(instance));
  assert.deepEqual(all(chunks, "->"), up);
  assert.deepEqual(all(chunks, "-<"), down);
});

Deno.test("chunks of connections that run at the same time are never mixed", async () => {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`], { options: ["-p"] });
  const letters = ["A", "B", "C", "D"], rounds = 60;
  await Promise.all(letters.map(async (letter, i) => {
    using client = await Client.connect(instance.port);
    for (let round = 1; round <= rounds; round++) {
      const bytes = new TextEncoder().encode(letter.repeat(round * 37 + i));
      await client.send(bytes);
      assert.deepEqual(await client.readExactly(bytes.length), bytes);
    }
  }));
  const chunks = parseDump(await stopped(instance));
  const totals = new Map<string, number>();
  for (const { direction, bytes } of chunks) {
    const letter = String.fromCharCode(bytes[0]);
    assert.ok(bytes.every((byte) => byte === bytes[0]), `a chunk of ${letter} also has other bytes`);
    totals.set(direction + letter, (totals.get(direction + letter) ?? 0) + bytes.length);
  }
  const expected = letters.flatMap((letter, i) => {
    const total = Array.from({ length: rounds }, (_, round) => (round + 1) * 37 + i).reduce((a, b) => a + b);
    return [[`->${letter}`, total], [`-<${letter}`, total]] as const;
  });
  assert.deepEqual(totals, new Map(expected));
});
