import assert from "node:assert/strict";
import { formatGreeting, formatHead, parseGreeting, parseHead } from "./protocol.ts";

Deno.test("greetings and heads are read back as they were written", () => {
  const greeting = { pid: 28509, version: "0.1.0-rc.1+x" };
  assert.equal(formatGreeting(greeting), "balance 1 28509 0.1.0-rc.1+x");
  assert.deepEqual(parseGreeting(formatGreeting(greeting)), greeting);
  for (const outcome of ["ok", "error", "bye"] as const) {
    const head = { outcome, lines: 17, group: 31 };
    assert.equal(formatHead(head), `${outcome} 17 31`);
    assert.deepEqual(parseHead(formatHead(head)), head);
  }
});

Deno.test("anything but a greeting of this protocol is refused, with the reason", () => {
  assert.throws(() => parseGreeting("balance 2 1 1.0"), /speaks protocol 2/);
  for (const line of ["", "SSH-2.0-OpenSSH", "balance", "balance 1 x 1.0", "balance 1 1 a b", "balance 1 1 \x1b"]) {
    assert.throws(() => parseGreeting(line), /does not answer as balance does/, line);
  }
});

Deno.test("anything but a head is refused", () => {
  for (const line of ["", "ok", "ok 1", "ok -1 0", "maybe 1 0", "ok 1 0 0", " ok 1 0", "OK 1 0"]) {
    assert.throws(() => parseHead(line), /malformed/, line);
  }
});
