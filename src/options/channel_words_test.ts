import assert from "node:assert/strict";
import { channelWord, isWrong, readChannel } from "./channel_words.ts";
import { parsePort } from "./port_names.ts";

const port = (word: string) => parsePort(word, () => new Map([["imap", 143]]));

/** What is wrong with a word: exit code, message, suggestion. */
function wrong(word: string): (string | number | undefined)[] {
  const read = readChannel(word, port);
  return isWrong(read) ? [read.code, read.message, read.suggestion] : [];
}

Deno.test("an option that stands alone is not taken for a host", () => {
  for (const word of ["weight=3", "maxc=2:80"]) {
    const read = readChannel(word);
    assert.ok(isWrong(read), word);
    assert.match(read.message, /options follow its address after a comma/);
  }
});

Deno.test("every form of a channel is read", () => {
  for (
    const [word, host, number, maxc] of [
      ["host", "host", undefined, 0],
      ["host:80", "host", 80, 0],
      ["host:imap", "host", 143, 0],
      ["host:80:16", "host", 80, 16],
      ["host::16", "host", undefined, 16],
      ["host:", "host", undefined, 0],
      ["host::", "host", undefined, 0],
      ["db::100", "db", undefined, 100],
      ["host:80:", "host", 80, 0],
      ["host:80:0", "host", 80, 0],
      ["host:65535:2147483647", "host", 65535, 2147483647],
      ["10.0.0.1:imap:1", "10.0.0.1", 143, 1],
      ["[::1]", "::1", undefined, 0],
      ["[2001:db8::7]:80", "2001:db8::7", 80, 0],
      ["[2001:db8::7]:80:16", "2001:db8::7", 80, 16],
      ["[2001:db8::7]::16", "2001:db8::7", undefined, 16],
      ["[fe80::1%eth0]:80", "fe80::1%eth0", 80, 0],
    ] as const
  ) assert.deepEqual(readChannel(word, port), { host, port: number, ...maxc === 0 ? {} : { maxc } }, word);
});

Deno.test("a channel that cannot be read is refused with 65, with the reason", () => {
  for (
    const [word, why] of [
      ["", "the host is empty"],
      [":80", "the host is empty"],
      ["a:b:c:d", "more than host:port:maxc"],
      ["host:pop", '"pop" is not a port'],
      ["host:0", '"0" is not a port'],
      ["host:65536", '"65536" is not a port'],
      ["host:80:-1", '"-1" is not a limit from 0 to 2147483647'],
      ["host:80:2147483648", '"2147483648" is not a limit from 0 to 2147483647'],
      ["host:80:1e3", '"1e3" is not a limit from 0 to 2147483647'],
      ["::1", "write [::1]"],
      ["[::1", "not [address]:port:maxc"],
      ["[::1]80", "not [address]:port:maxc"],
      ["[]:80", "the host is empty"],
      ["[1.2.3.4]:80", "no IPv6 address in the brackets"],
    ]
  ) {
    assert.deepEqual(wrong(word), [65, `invalid channel address "${word}": ${why}`, undefined]);
  }
});

Deno.test("a word that may be meant as an address is escaped wherever the message has it", () => {
  assert.deepEqual(wrong("::1%1:\x1b"), [65, 'invalid channel address "::1%1:\\x1b": write [::1%1:\\x1b]', undefined]);
});

Deno.test("options stand behind the place of a channel, and are written in one form", () => {
  for (
    const [word, channel, written = word] of [
      ["host,weight=3", { host: "host", port: undefined, weight: 3 }],
      ["host:80:100,weight=0,name=web1", { host: "host", port: 80, maxc: 100, weight: 0, name: "web1" }],
      ["host:80,name=a.b-c_1", { host: "host", port: 80, name: "a.b-c_1" }],
      ["[::1]:imap,name=x", { host: "::1", port: 143, name: "x" }, "[::1]:143,name=x"],
      ["[fe80::1%a,b]:80,weight=2", { host: "fe80::1%a,b", port: 80, weight: 2 }],
      [
        "host,name=b,maxc=5,weight=2",
        { host: "host", port: undefined, maxc: 5, weight: 2, name: "b" },
        "host::5,weight=2,name=b",
      ],
      // What is so by default need not be said.
      ["host:80:0,weight=1", { host: "host", port: 80 }, "host:80"],
      ["host,weight=007", { host: "host", port: undefined, weight: 7 }, "host,weight=7"],
    ] as const
  ) {
    assert.deepEqual(readChannel(word, port), channel, word);
    assert.equal(channelWord(channel), written);
  }
});

Deno.test("an option that cannot be read is refused with 64, with the reason and what was meant", () => {
  for (
    const [word, why, suggestion] of [
      ["a,wieght=3", 'unknown option "wieght"', "weight"],
      ["a,Name=x", 'unknown option "Name"', "name"],
      ["a,x\x1b=1", 'unknown option "x\\x1b"'],
      ["a,__proto__=1", 'unknown option "__proto__"'],
      ["a,=1", "an option is missing after a comma"],
      ["a,", "an option is missing after a comma"],
      ["a,,name=b", "an option is missing after a comma"],
      ["a,all=1", 'all takes no value: "1"'],
      ["a,all,all", "all is given twice"],
      ["a,weight", "weight needs a value: weight=N"],
      ["a,weight=", 'weight takes a number from 0 to 256: ""'],
      ["a,weight=257", 'weight takes a number from 0 to 256: "257"'],
      ["a,weight=1.5", 'weight takes a number from 0 to 256: "1.5"'],
      ["a,weight=-1", 'weight takes a number from 0 to 256: "-1"'],
      ["a,maxc=2147483648", 'maxc takes a number from 0 to 2147483647: "2147483648"'],
      ["a,weight=1,weight=2", "weight is given twice"],
      ["a:80:5,maxc=5", "maxc is given twice"],
      ["a,name=1", 'name takes a name of letters, digits, "_", "." and "-" that begins with a letter: "1"'],
      ["a,name=b:80", 'name takes a name of letters, digits, "_", "." and "-" that begins with a letter: "b:80"'],
      ["a,name=idle", 'name takes any name except all and idle, which are words of control commands: "idle"'],
    ]
  ) {
    const shown = word.replace("\x1b", "\\x1b");
    assert.deepEqual(wrong(word), [64, `channel "${shown}": ${why}`, suggestion]);
  }
});
