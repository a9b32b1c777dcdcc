import assert from "node:assert/strict";
import { C } from "../../src/engine/linux/kernel/abi.ts";
import { RawSocket } from "./raw_socket.ts";
import { unavailable, withEngine } from "./with_engine.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test({
  name: "linux engine: a PROXY header and what the client has already sent reach the channel in one segment",
  ignore: unavailable !== undefined,
  fn: () =>
    withEngine(async ({ engine, backend, until }) => {
      for (let i = 0; i < 20; i++) {
        engine.pauseAccepting();
        using client = RawSocket.connect(engine.address.port);
        client.send(new TextEncoder().encode("hello"));
        engine.resumeAccepting();
        using server = backend.accept();
        const first = server.receive();
        assert.ok(typeof first !== "string" && "bytes" in first);
        assert.match(text(first.bytes), /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\nhello$/);
      }
      await until(() => engine.connections === 0);
    }, { proxy: "v1" }),
});

Deno.test({
  name: "linux engine: an urgent byte that a client sends first comes after the PROXY header, and stays urgent",
  ignore: unavailable !== undefined,
  fn: () =>
    withEngine(({ engine, backend }) => {
      engine.pauseAccepting();
      using client = RawSocket.connect(engine.address.port);
      client.sendUrgent(33);
      engine.resumeAccepting();
      using server = backend.accept();
      server.setOption(C.SOL_SOCKET, C.SO_OOBINLINE, 1);
      let header = "";
      while (!header.endsWith("\r\n")) header += text(server.receiveBytes(1));
      assert.match(header, /^PROXY TCP4 /);
      assert.deepEqual(server.receive(), { urgent: 33 });
    }, { proxy: "v1" }),
});
