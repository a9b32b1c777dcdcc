import assert from "node:assert/strict";
import { browserHello, clientHello, helloMessage, records, sized } from "../../tests/support/client_hello.ts";
import { NO_GREETING } from "./greeting.ts";
import { LONGEST_GREETING, readGreeting } from "./read_greeting.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const tls = (serverName = "", alpn: readonly string[] = []) => ({ protocol: "tls", serverName, alpn });
const just = (protocol: string) => ({ protocol, serverName: "", alpn: [] });

/** What is said of a stream that is longer with each look: every answer before the last must be a number in bounds. */
function grown(bytes: Uint8Array) {
  for (let length = 0; length < bytes.length; length++) {
    const said = readGreeting(bytes.subarray(0, length), false);
    if (typeof said !== "number") return said;
    assert.ok(said > length && said <= LONGEST_GREETING, `${said} bytes needed at ${length}`);
  }
  return readGreeting(bytes, false);
}

/** Looks only when as many bytes are there as were asked for. @returns also how often */
function asked(bytes: Uint8Array) {
  for (let length = 0, looks = 1;; looks++) {
    const said = readGreeting(bytes.subarray(0, length), false);
    if (typeof said !== "number") return { said, looks };
    assert.ok(said <= bytes.length, `${said} of ${bytes.length} bytes needed`);
    length = said;
  }
}

Deno.test("a client that has said nothing has not been understood yet, or says nothing", () => {
  assert.equal(readGreeting(new Uint8Array(0), false), 1);
  assert.equal(readGreeting(new Uint8Array(0), true), NO_GREETING);
});

Deno.test("a ClientHello tells the name and the protocols, in whatever pieces it comes", () => {
  const hello = clientHello({ serverName: "www.example.com", alpn: ["h2", "http/1.1"] });
  const expected = tls("www.example.com", ["h2", "http/1.1"]);
  assert.deepEqual(grown(hello), expected);
  for (const more of [[0], [0x16, 3, 3, 0, 1, 9], Array(20_000).fill(7)]) {
    assert.deepEqual(readGreeting(Uint8Array.from([...hello, ...more]), false), expected);
  }
});

Deno.test("a ClientHello may be spread over records in any way", () => {
  const message = helloMessage({ serverName: "www.example.com", alpn: ["h2"] });
  for (let size = 1; size < message.length; size++) {
    assert.deepEqual(grown(records(message, [size])), tls("www.example.com", ["h2"]), `${size} bytes first`);
  }
  for (const size of [1, 2, 3, 5, 50]) {
    const bytes = records(message, Array(Math.floor(message.length / size)).fill(size));
    assert.deepEqual(grown(bytes), tls("www.example.com", ["h2"]), `records of ${size} bytes`);
  }
});

Deno.test("a browser's hello: GREASE, a post-quantum key share and an encrypted hello; the outer name counts", () => {
  const hello = browserHello("public.example", ["\x3a\x3a", "h2", "http/1.1"]);
  assert.ok(hello.length > 1500, `${hello.length} bytes`);
  assert.deepEqual(grown(hello), tls("public.example", ["h2", "http/1.1"]));
});

Deno.test("a hello may be as long as a greeting may be, and not longer", () => {
  const empty = clientHello({ serverName: "a.example", padding: 0 }).length;
  const longest = clientHello({ serverName: "a.example", padding: LONGEST_GREETING - empty });
  assert.equal(longest.length, LONGEST_GREETING);
  assert.deepEqual(grown(longest), tls("a.example"));
  const longer = clientHello({ serverName: "a.example", padding: LONGEST_GREETING - empty + 1 });
  assert.deepEqual(readGreeting(longer.subarray(0, 9), false), tls());
  const spread = records(helloMessage({ serverName: "a.example", padding: 3000 }), Array(3000).fill(1));
  assert.ok(spread.length > LONGEST_GREETING, `${spread.length} bytes`);
  assert.deepEqual(grown(spread), tls());
});

Deno.test("a hello that comes in single bytes is looked at few times, even in records of one byte", () => {
  const one = asked(browserHello("a.example"));
  assert.deepEqual([one.said, one.looks], [tls("a.example", ["h2", "http/1.1"]), 9]);
  const message = helloMessage({ serverName: "a.example", padding: 2500 });
  const spread = asked(records(message, Array(message.length).fill(1)));
  assert.deepEqual(spread.said, tls("a.example"));
  assert.ok(spread.looks < 60, `${spread.looks} looks`);
});

Deno.test("a name is in lower case, without a dot at its end, and one that a host can have", () => {
  const of = (serverName: string) => readGreeting(clientHello({ serverName, alpn: ["h2"] }), false);
  const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
  for (
    const [said, meant] of [
      ["WWW.Example.COM", "www.example.com"],
      ["www.example.com.", "www.example.com"],
      ["localhost", "localhost"],
      ["xn--bcher-kva.example", "xn--bcher-kva.example"],
      ["_sip._tcp.example", "_sip._tcp.example"],
      [longest, longest],
      [`${longest}.`, longest],
      [`${longest}e`, ""],
      [`${"a".repeat(64)}.example`, ""],
      ["192.0.2.1", ""],
      ["192.0.2.1.", ""],
      ["2001:db8::1", ""],
      ["[2001:db8::1]", ""],
      ["a..example", ""],
      [".example", ""],
      [".", ""],
      ["..", ""],
      ["a.example..", ""],
      ["*.example", ""],
      ["a.example\0.evil", ""],
      ["a.example\n", ""],
      ["b\xfccher.example", ""],
      ["\u212a.example", ""],
      [" a.example", ""],
      ["x".repeat(10_000), ""],
    ]
  ) assert.deepEqual(of(said), tls(meant, ["h2"]), JSON.stringify(said));
});

Deno.test("protocols keep the client's order; more than 64 are not kept", () => {
  const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
  assert.deepEqual(readGreeting(clientHello({ alpn: names }), false), tls("", names.slice(0, 64)));
  assert.deepEqual(readGreeting(clientHello({ alpn: ["\xff\0", "x".repeat(255)] }), false), {
    ...tls(),
    alpn: ["\xff\0", "x".repeat(255)],
  });
  const grease = Array.from({ length: 16 }, (_, i) => String.fromCharCode(i * 16 + 10).repeat(2));
  assert.deepEqual(readGreeting(clientHello({ alpn: [...grease, "h2", "hh"] }), false), tls("", ["h2", "hh"]));
});

Deno.test("a hello without extensions, or without these two, is TLS without a name", () => {
  assert.deepEqual(readGreeting(clientHello(), false), tls());
  // TLS 1.0, nothing behind the compression methods.
  const message = helloMessage({ version: 0x0301 }).slice(0, -2);
  message[3] -= 2;
  assert.deepEqual(readGreeting(records(message, []), false), tls());
});

Deno.test("of a hello that is malformed or contradicts itself, nothing counts", () => {
  const name = (host: string) => [0, ...sized(2, [...ascii(host)])];
  const wrong: Record<string, Uint8Array> = {
    "two server names": clientHello({ serverName: "a.example", extensions: [[0, sized(2, name("b.example"))]] }),
    "two names in one": clientHello({ extensions: [[0, sized(2, [...name("a.example"), ...name("b.example")])]] }),
    "an empty name": clientHello({ serverName: "" }),
    "no name": clientHello({ extensions: [[0, [0, 0]]] }),
    "an empty server_name": clientHello({ extensions: [[0, []]] }),
    "something behind the names": clientHello({ extensions: [[0, [...sized(2, name("a.example")), 0]]] }),
    "names that overrun": clientHello({ extensions: [[0, [0, 200, ...name("a.example")]]] }),
    "two lists of protocols": clientHello({ serverName: "a.example", alpn: ["h2"], extensions: [[16, [0, 2, 1, 65]]] }),
    "no protocols": clientHello({ serverName: "a.example", alpn: [] }),
    "a protocol without a name": clientHello({ serverName: "a.example", alpn: ["h2", ""] }),
    "an odd number of bytes of suites": clientHello({ serverName: "a.example", suites: [1, 2, 3] }),
    "no suites": clientHello({ serverName: "a.example", suites: [] }),
    "a session of 33 bytes": clientHello({ serverName: "a.example", session: Array(33).fill(0) }),
    "version 2": clientHello({ serverName: "a.example", version: 0x0200 }),
    "DTLS": clientHello({ serverName: "a.example", version: 0xfefd }),
  };
  for (const [what, bytes] of Object.entries(wrong)) assert.deepEqual(readGreeting(bytes, false), tls(), what);
  const message = helloMessage({ serverName: "a.example" });
  for (let length = 0; length < message.length - 4; length++) {
    const short = message.slice(0, 4 + length);
    short[3] = length;
    assert.deepEqual(readGreeting(records(short, []), false), tls(), `only ${length} bytes`);
  }
  const long = Uint8Array.from([...message, 0]);
  long[3]++;
  assert.deepEqual(readGreeting(records(long, []), false), tls(), "a byte behind the extensions");
});

Deno.test("something else between the records of a hello ends it", () => {
  const [first, second] = [records(helloMessage({ serverName: "a.example" }), [20]).subarray(0, 25), [22, 3, 1, 0, 9]];
  for (const [at, value] of [[0, 21], [0, 23], [1, 2], [3, 0x41], [4, 0]]) {
    const header = second.with(at, value);
    assert.deepEqual(readGreeting(Uint8Array.from([...first, ...header]), false), tls(), `${header}`);
  }
});

Deno.test("what looks like TLS at first is something else", () => {
  const hello = clientHello({ serverName: "a.example" });
  for (
    const [what, at, value] of [["SSL 2", 1, 2], ["a record too long", 3, 0x41], ["a ServerHello", 5, 2]] as const
  ) assert.deepEqual(grown(hello.with(at, value)), just("other"), what);
  assert.deepEqual(grown(Uint8Array.of(22, 3, 1, 0, 0, 1)), just("other"));
  assert.deepEqual(readGreeting(Uint8Array.of(22, 3, 1, 0x40, 0, 1), true), tls());
  // A hello in the form of SSL 2.
  assert.deepEqual(grown(Uint8Array.of(0x80, 0x2e, 1, 3, 1)), just("other"));
});

Deno.test("a hello that ends early is TLS as soon as its start is there", () => {
  const hello = clientHello({ serverName: "a.example" });
  for (let length = 1; length < hello.length; length++) {
    assert.deepEqual(readGreeting(hello.subarray(0, length), true), length < 6 ? just("other") : tls());
  }
  assert.deepEqual(readGreeting(hello, true), tls("a.example"));
});

Deno.test("SSH says so in its first four bytes", () => {
  assert.deepEqual(grown(ascii("SSH-2.0-OpenSSH_9.2\r\n")), just("ssh"));
  assert.deepEqual(asked(ascii("SSH-")).said, just("ssh"));
  assert.deepEqual(grown(ascii("SSH 2.0")), just("other"));
  assert.deepEqual(readGreeting(ascii("SSH"), true), just("other"));
});

Deno.test("HTTP begins with a method and a target, HTTP/2 with its preface", () => {
  for (
    const start of [
      "GET / HTTP/1.1\r\n",
      "POST /a?b HTTP/1.0\r\n",
      "SEARCH /",
      "M-SEARCH * HTTP/1.1\r\n",
      "OPTIONS * HTTP/1.1\r\n",
      "GET http://a.example/ HTTP/1.1\r\n",
      "GET https://a.example/ HTTP/1.1\r\n",
      "UPDATEREDIRECTREF /a HTTP/1.1\r\n",
      "CONNECT a.example:443 HTTP/1.1\r\n",
      "CONNECT [2001:db8::1]:443 HTTP/1.1\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]
  ) assert.deepEqual(grown(ascii(start)), just("http"), start);
});

Deno.test("other protocols are not taken for HTTP", () => {
  for (
    const start of [
      "get / HTTP/1.1\r\n",
      "GET\r\n",
      "GET key\r\n",
      "GET  / HTTP/1.1",
      " GET / HTTP/1.1",
      "\r\nGET / HTTP/1.1",
      "EHLO a.example\r\n",
      "OPTIONS rtsp://a.example/ RTSP/1.0\r\n",
      "OPTIONS * RTSP/1.0\r\n",
      "GET * HTTP 1",
      "GET https:/a",
      "CONNECT \r\n",
      "-GET /",
      "GE /",
      "ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1",
      "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
      "*1\r\n$4\r\nPING\r\n",
      "\0\0\0\x08\x04\xd2\x16\x2f",
      "\x7f\x80\x81",
    ]
  ) assert.deepEqual(grown(ascii(start)), just("other"), start);
  assert.deepEqual(readGreeting(ascii("GET "), true), just("other"));
  assert.deepEqual(asked(ascii("HEAD /")).said, just("http"));
});
