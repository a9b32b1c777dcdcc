/** Who gets a connection where too many want to look on, and what those who hang keep from others. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { HttpServer, MOST_CONNECTIONS } from "../../src/views/http/http_server.ts";
import { MOST_VIEWERS } from "../../src/views/web/viewers.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { connectTo, get } from "../support/http.ts";
import { Instance } from "../support/instance.ts";
import { linux, posix, testWith } from "../support/requirements.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

testWith([posix], "clients that never finish their requests keep nobody out", async () => {
  const port = freePort();
  await using _ = await Instance.start(["127.0.0.1:1"], { options: ["--metrics", String(port)] });
  const crowd: Deno.Conn[] = [];
  try {
    for (const head of ["GET / HTTP/1.1\r\n", "POST / HTTP/1.0\r\nContent-Length: 9\r\n\r\nx"]) {
      for (let i = 0; i < MOST_CONNECTIONS; i++) {
        const one = await connectTo(port);
        crowd.push(one);
        await one.write(bytes(head));
      }
      assert.equal((await get(port, "/healthz")).status, 200);
    }
  } finally {
    for (const one of crowd) one.close();
  }
});

testWith([linux], "one client that takes all connections gives one up for another client", async () => {
  const port = freePort(), most = 4;
  let hanging = 0;
  const hangs = { path: "/hangs", answer: () => (hanging++, new Promise<never>(() => {})) };
  const place = { path: "/", answer: () => ({ status: 200, body: "here" }) };
  const server = await HttpServer.open({ hostname: "127.0.0.1", port }, [hangs, place], { most, failed: () => {} });
  const crowd: Deno.Conn[] = [];
  try {
    for (let i = 0; i < most; i++) {
      const one = await connectTo(port);
      crowd.push(one);
      await one.write(bytes("GET /hangs HTTP/1.0\r\n\r\n"));
    }
    await eventually("all are asking", () => hanging === most);
    assert.equal(await answerFrom("127.0.0.1", port), "");
    assert.match(await answerFrom("127.0.0.2", port), /here$/);
    assert.equal(await crowd[0].read(new Uint8Array(1)), null, "the oldest of them is closed");
  } finally {
    for (const one of crowd) one.close();
    await server.stop();
  }
});

testWith([posix], "asking for the head of the events takes no viewer's place", async () => {
  const port = freePort();
  await using _ = await Instance.start(["127.0.0.1:1"], { options: ["--web", String(port)] });
  const crowd: Deno.Conn[] = [];
  try {
    for (let i = 0; i < MOST_VIEWERS; i++) {
      const one = await connectTo(port);
      crowd.push(one);
      await one.write(bytes("HEAD /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
      // The server ends the connection, since there is nothing to come.
      const all = await readAll(one);
      assert.match(all, /^HTTP\/1\.1 200 OK\r\n[^]*text\/event-stream[^]*\r\n\r\n$/);
    }
    using viewer = await connectTo(port);
    await viewer.write(bytes("GET /api/v1/events HTTP/1.0\r\nHost: localhost\r\n\r\n"));
    const piece = new Uint8Array(1000), length = await viewer.read(piece);
    assert.match(new TextDecoder().decode(piece.subarray(0, length!)), /^HTTP\/1\.1 200 /);
  } finally {
    for (const one of crowd) one.close();
  }
});

async function readAll(from: Deno.Conn): Promise<string> {
  let text = "";
  for (const piece = new Uint8Array(4096);;) {
    const length = await from.read(piece);
    if (length === null) return text;
    text += new TextDecoder().decode(piece.subarray(0, length));
  }
}

/** What a client with this address gets for `/`; empty if it is sent away. */
async function answerFrom(localAddress: string, port: number): Promise<string> {
  const socket: Socket = connect({ host: "127.0.0.1", port, localAddress }), pieces: Uint8Array[] = [];
  socket.on("data", (piece: Uint8Array) => void pieces.push(piece));
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()).on("error", () => {}));
  socket.write("GET / HTTP/1.0\r\n\r\n");
  await closed;
  return new TextDecoder().decode(new Uint8Array(pieces.flatMap((piece) => [...piece])));
}
