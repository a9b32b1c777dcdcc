import assert from "node:assert/strict";
import { parseHost } from "../../../table/address.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import { SelfConnections } from "./self_connections.ts";
import { encodeAddress, portOf } from "../kernel/sockets.ts";

const SOCKET = 7;

function address(host: string, port: number): Uint8Array<ArrayBuffer> {
  const { bytes, zone } = parseHost(host);
  return encodeAddress(bytes, port, zone);
}

/** Whether a socket with this local address is taken for its own peer, and how many calls that took. */
function look(own: Uint8Array, peer: Uint8Array): { has: boolean; calls: number } {
  let calls = 0;
  const call: Partial<Calls> = {
    getsockname: (_, bytes) => {
      calls++;
      (bytes as Uint8Array).set(own);
      return 0;
    },
  };
  return { has: new SelfConnections({ call } as Libc, [32768, 60999]).has(SOCKET, peer, portOf(peer)), calls };
}

Deno.test("a socket whose local address is its peer's has met itself", () => {
  for (const host of ["127.0.0.1", "192.0.2.7", "::1", "2001:db8::7", "fe80::7%3"]) {
    assert.deepEqual(look(address(host, 40_000), address(host, 40_000)), { has: true, calls: 1 });
    assert.deepEqual(look(address(host, 40_001), address(host, 40_000)), { has: false, calls: 1 });
  }
  assert.ok(!look(address("127.0.0.2", 40_000), address("127.0.0.1", 40_000)).has);
  assert.ok(!look(address("2001:db8::8", 40_000), address("2001:db8::7", 40_000)).has);
});

Deno.test("a socket connected to the wildcard has met itself if it has the same port", () => {
  assert.ok(look(address("127.0.0.1", 40_000), address("0.0.0.0", 40_000)).has);
  assert.ok(look(address("::1", 40_000), address("::", 40_000)).has);
  assert.ok(!look(address("127.0.0.1", 40_001), address("0.0.0.0", 40_000)).has);
});

Deno.test("no call is made for a port that the kernel does not pick as a local port", () => {
  for (const port of [80, 32767, 61000]) {
    assert.deepEqual(look(address("127.0.0.1", port), address("127.0.0.1", port)), { has: false, calls: 0 });
  }
});
