import assert from "node:assert/strict";
import { hasPort, portsPhrase, portsText } from "./ports_text.ts";

const one = (port: number) => ({ first: port, last: port });

Deno.test("neighbours are joined", () => {
  assert.equal(portsText([one(80)]), "80");
  assert.equal(portsText([one(80), one(81), { first: 82, last: 90 }, one(443)]), "80-90,443");
  assert.equal(portsText([one(81), one(80)]), "81,80", "in the order they were given");
});

Deno.test("of a long list the first are shown, and how many there are", () => {
  const ports = Array.from({ length: 500 }, (_, i) => one(1000 + 2 * i));
  assert.equal(portsText(ports), "1000,1002,1004,… (500 ports)");
  assert.equal(portsText(ports, 10), "1000,… (500 ports)");
  assert.equal(portsText([{ first: 1, last: 65535 }]), "1-65535");
});

Deno.test("a range has its ends and what is between", () => {
  const ports = [one(80), { first: 8000, last: 8010 }];
  assert.deepEqual([79, 80, 81, 7999, 8000, 8005, 8010, 8011].filter((port) => hasPort(ports, port)), [
    80,
    8000,
    8005,
    8010,
  ]);
});

Deno.test("in a sentence, several ports are plural and apart", () => {
  assert.equal(portsPhrase([one(80)]), "port 80");
  assert.equal(portsPhrase([one(8080), one(8443)]), "ports 8080, 8443");
  assert.equal(portsPhrase([{ first: 8000, last: 8010 }]), "ports 8000-8010");
  assert.equal(portsPhrase([one(80), one(81)]), "ports 80-81");
  const many = Array.from({ length: 500 }, (_, i) => one(1000 + 2 * i));
  assert.equal(portsPhrase(many), "ports 1000, 1002, 1004, … (500 ports)");
});
