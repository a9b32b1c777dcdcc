import assert from "node:assert/strict";
import { type InheritedSocket, matchSockets, type Place } from "./match_sockets.ts";

const place = (service: string, hostname: string, port: number): Place => ({ service, hostname, port });
const socket = (descriptor: number, hostname: string, port: number, name?: string): InheritedSocket => (
  { descriptor, hostname, port, name }
);
const match = (places: readonly Place[], ...sockets: InheritedSocket[]) =>
  matchSockets(places, sockets).map((found) => found?.descriptor);

const WEB = place("web", "0.0.0.0", 80), MAIL = place("mail", "127.0.0.1", 25), TLS = place("web", "0.0.0.0", 443);

Deno.test("a socket goes where its address is, whatever its name", () => {
  assert.deepEqual(match([WEB, MAIL]), [undefined, undefined]);
  assert.deepEqual(match([WEB, MAIL], socket(3, "127.0.0.1", 25, "balance.socket")), [undefined, 3]);
  assert.deepEqual(match([WEB, MAIL], socket(3, "127.0.0.1", 25), socket(4, "0.0.0.0", 80)), [4, 3]);
});

Deno.test("a socket named for a service takes its port, on whatever address", () => {
  assert.deepEqual(match([WEB, TLS], socket(3, "10.0.0.1", 443, "web")), [undefined, 3]);
  assert.deepEqual(match([WEB, place("other", "10.0.0.1", 80)], socket(3, "::", 80, "web")), [3, undefined]);
});

Deno.test("a socket on any address takes the only place with its port", () => {
  assert.deepEqual(match([WEB, MAIL], socket(3, "::", 80)), [3, undefined]);
  assert.deepEqual(match([WEB, MAIL], socket(3, "::", 25)), [undefined, 3]);
});

Deno.test("a socket without a place is named with the reason", () => {
  const refused = (message: string, places: readonly Place[], ...sockets: InheritedSocket[]) =>
    assert.throws(() => matchSockets(places, sockets), { message });
  refused("Cannot use descriptor 3, which listens on 0.0.0.0:81: no service has that port", [
    WEB,
  ], socket(3, "0.0.0.0", 81));
  refused(
    'Cannot use descriptor 3 ("web"), which listens on [::]:81: service "web" has no such port',
    [WEB],
    socket(3, "::", 81, "web"),
  );
  refused(
    "Cannot use descriptor 3, which listens on 10.0.0.1:80: no service listens on that address",
    [WEB],
    socket(3, "10.0.0.1", 80),
  );
  refused(
    'Cannot use descriptor 4, which listens on [::]:80: descriptor 3 serves that port of service "web"',
    [WEB],
    socket(3, "0.0.0.0", 80),
    socket(4, "::", 80),
  );
  refused(
    'Cannot use descriptor 3 ("x\\x1b"), which listens on [::]:1: no service has that port',
    [WEB],
    socket(3, "::", 1, "x\x1b"),
  );
});

Deno.test("a socket that may have no place has one at its very address, or none", () => {
  const optional = (socket: InheritedSocket) => ({ ...socket, optional: true });
  assert.deepEqual(match([WEB, MAIL], optional(socket(3, "127.0.0.1", 25))), [undefined, 3]);
  assert.deepEqual(match([WEB], optional(socket(3, "::", 80, "web")), optional(socket(4, "0.0.0.0", 81))), [undefined]);
});
