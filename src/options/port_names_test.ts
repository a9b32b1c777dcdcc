import assert from "node:assert/strict";
import { parsePort, parseServices } from "./port_names.ts";

Deno.test("a services file gives TCP services and their aliases; the first line with a name counts", () => {
  const text = [
    "# comment",
    "smtp\t\t25/tcp\t\tmail\t# with a comment",
    "time 37/udp timserver",
    "  indented   99/tcp  a1 a2 ",
    "smtp 26/tcp",
    "www 80/tcp http\r",
    "broken",
    "worse x/tcp",
    "zero 0/tcp",
    "high 65536/tcp",
    "higher 123456/tcp",
    "sctp 9/sctp",
    "#hidden 1/tcp",
    "",
  ].join("\n");
  assert.deepEqual(Object.fromEntries(parseServices(text)), {
    smtp: 25,
    mail: 25,
    indented: 99,
    a1: 99,
    a2: 99,
    www: 80,
    http: 80,
  });
});

Deno.test("a port is a number from 1 to 65535 or a known name, and nothing else", () => {
  const known = () => new Map([["imap", 143]]);
  for (const [word, port] of [["1", 1], ["80", 80], ["0080", 80], ["65535", 65535], ["imap", 143]] as const) {
    assert.equal(parsePort(word, known), port);
  }
  for (
    const word of [
      "0",
      "65536",
      "1.5",
      "-1",
      "+1",
      "",
      " 80",
      "80 ",
      "0x50",
      "1e3",
      "IMAP",
      "http/",
      "８０",
      "toString",
    ]
  ) {
    assert.equal(parsePort(word, known), undefined, word);
  }
});
