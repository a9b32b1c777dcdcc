import assert from "node:assert/strict";
import { Established } from "./established.ts";

Deno.test("established connections are found by service and channel, the oldest first", () => {
  const main = Established.create(32), thread = Established.attach(main.buffer), owners = new Uint8Array(32).fill(1);
  thread.add(7, 1, 0, 300);
  thread.add(9, 1, 0, 100);
  thread.add(11, 1, 1, 50);
  thread.add(13, 2, 0, 50);
  thread.add(15, 1, 0, 200);
  owners[15] = 0;
  assert.deepEqual(main.of(1, 0, owners), [{ fd: 9, since: 100 }, { fd: 7, since: 300 }]);
  thread.delete(9);
  assert.deepEqual(main.of(1, 0, owners), [{ fd: 7, since: 300 }]);
});

Deno.test("a descriptor that another connection has got is not mistaken for the first", () => {
  const established = Established.create(8), first = { fd: 3, since: 100 };
  established.add(3, 1, 5, 100);
  assert.ok(established.has(first, 1, 5));
  assert.ok(!established.has(first, 1, 6) && !established.has(first, 2, 5));
  established.delete(3);
  assert.ok(!established.has(first, 1, 5));
  established.add(3, 1, 5, 200);
  assert.ok(!established.has(first, 1, 5));
});

Deno.test("when the client is gone, the channel's socket stands for the connection and is as old", () => {
  const established = Established.create(8), owners = new Uint8Array(8).fill(1);
  established.add(3, 1, 5, 100);
  established.move(3, 4);
  assert.deepEqual(established.of(1, 5, owners), [{ fd: 4, since: 100 }]);
});

Deno.test("services of any number and the last channel of a table are told apart", () => {
  const established = Established.create(4), owners = new Uint8Array(4).fill(1), service = 2 ** 40;
  established.add(1, service, 4095, 1);
  established.add(2, service + 1, 0, 1);
  assert.deepEqual(established.of(service, 4095, owners).map(({ fd }) => fd), [1]);
  assert.deepEqual(established.of(service + 1, 0, owners).map(({ fd }) => fd), [2]);
});
