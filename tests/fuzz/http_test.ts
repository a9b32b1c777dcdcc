/** A live HTTP server, fed with arbitrary input: it answers by the protocol or ends the connection, and serves the next. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { HttpServer } from "../../src/views/http/http_server.ts";
import { LONGEST_BODY, LONGEST_HEAD } from "../../src/views/http/request_head.ts";
import type { Route } from "../../src/views/http/route.ts";
import { freePort } from "../support/free_port.ts";
import { connectTo, get } from "../support/http.ts";
import { parameters } from "./parameters.ts";

const text = (...words: string[]) => fc.constantFrom(...words.map((word) => new TextEncoder().encode(word)));

/** What one client does: pieces of bytes, then how it leaves. */
const visit = fc.record({
  pieces: fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: text(
          ...["GET /stream HTTP/1.1\r\n", "GET / HTTP/1.1\r\n", "POST /echo HTTP/1.0\r\n", "HEAD /stream HTTP/1.0\r\n"],
          ...["Host: localhost\r\n", "Content-Length: 5\r\n", "Expect: 100-continue\r\n", "\r\n", "\r\n", "hello"],
        ),
      },
      { weight: 2, arbitrary: fc.uint8Array({ maxLength: 60 }) },
      { weight: 1, arbitrary: fc.nat(LONGEST_HEAD + LONGEST_BODY).map((length) => new Uint8Array(length).fill(0x61)) },
    ),
    { maxLength: 8 },
  ),
  leaves: fc.constantFrom("ends", "ends", "vanishes"),
});

Deno.test("whatever a client sends over HTTP, the server answers by the protocol and serves the next one", async () => {
  let streams = 0;
  const routes: Route[] = [
    { path: "/", answer: () => ({ status: 200, body: "here" }) },
    { path: "/echo", methods: ["POST"], answer: ({ body }) => ({ status: 200, body }) },
    { path: "/stream", answer: ({ over }) => ({ status: 200, body: chunks(over) }) },
  ];
  async function* chunks(over: AbortSignal): AsyncGenerator<Uint8Array> {
    streams++;
    try {
      yield new TextEncoder().encode("first");
      if (!over.aborted) await new Promise((resolve) => over.addEventListener("abort", resolve));
    } finally {
      streams--;
    }
  }
  const port = freePort(), failures: unknown[] = [];
  const server = await HttpServer.open({ hostname: "127.0.0.1", port }, routes, {
    failed: (_, error) => void failures.push(error),
  });
  try {
    await fc.assert(
      fc.asyncProperty(visit, async ({ pieces, leaves }) => {
        using client = await connectTo(port);
        // A connection that has been refused may be closed before all is sent.
        const sent = (async () => {
          for (const piece of pieces) {
            for (let at = 0; at < piece.length;) at += await client.write(piece.subarray(at));
          }
          if (leaves === "ends") await client.closeWrite();
        })().catch(() => {});
        await sent;
        if (leaves === "ends") {
          const answer = await new Response(client.readable).text().catch(() => "");
          assert.match(answer, /^$|^HTTP\/1\.1 \d{3} [A-Z]/);
        }
        assert.equal((await get(port, "/")).body, "here");
      }),
      parameters(150),
    );
    assert.deepEqual(failures, []);
  } finally {
    await server.stop();
  }
  // Each has ended with its client, or with the server.
  for (let left = 100; streams > 0 && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(streams, 0);
});
