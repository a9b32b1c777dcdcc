/**
 * Clients that begin with PROXY headers and greetings of every kind, damaged ones included, in pieces of every size: each
 * reaches the group that what it says is for, and every byte behind the header reaches the channel.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Balancer } from "../../mod.ts";
import { Malformed } from "../../src/preamble/proxy_header.ts";
import { readGreeting } from "../../src/preamble/read_greeting.ts";
import { readProxyHeader } from "../../src/preamble/read_proxy_header.ts";
import { writeProxyHeader } from "../../src/preamble/write_proxy_header.ts";
import { formatHost, parseHost } from "../../src/table/address.ts";
import { ENGINES } from "../faults/subject.ts";
import { Backend } from "../support/backend.ts";
import { Client } from "../support/client.ts";
import { browserHello, helloMessage, records } from "../support/client_hello.ts";
import { linux, testWith } from "../support/requirements.ts";
import { isConnectionGone, readChunks, writeAll } from "../support/streams.ts";
import { parameters } from "./parameters.ts";

/** The groups, by their names: a client goes to the first one whose conditions it meets. */
const GROUPS = {
  far: { from: "192.0.2.0/24" },
  named: { sni: "one.example,*.one.example" },
  second: { alpn: "h2" },
  secure: { proto: "tls" },
  shell: { proto: "ssh" },
  web: { proto: "http" },
  silent: { proto: "none" },
  rest: undefined,
} as const;

/** The group of a client; undefined if it is turned away. And how many bytes its header has. */
function expected(bytes: Uint8Array): { group: keyof typeof GROUPS; header: number } | undefined {
  const header = readProxyHeader(bytes);
  if (header instanceof Malformed || typeof header === "number") return undefined;
  const client = formatHost(header.source?.address ?? parseHost("127.0.0.1").bytes);
  const greeting = readGreeting(bytes.subarray(header.length), true);
  assert.ok(typeof greeting !== "number");
  const { protocol, serverName, alpn } = greeting;
  const group = client.startsWith("192.0.2.")
    ? "far"
    : /^(?:[^.]+\.)?one\.example$/.test(serverName)
    ? "named"
    : alpn.includes("h2")
    ? "second"
    : ({ tls: "secure", ssh: "shell", http: "web", none: "silent", other: "rest" } as const)[protocol];
  return { group, header: header.length };
}

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const end = fc.tuple(fc.constantFrom("192.0.2.9", "198.51.100.1", "2001:db8::1"), fc.nat(65535)).map((
  [host, port],
) => ({
  address: parseHost(host).bytes,
  port,
}));
const header = fc.oneof(
  fc.record({
    version: fc.constantFrom(1 as const, 2 as const),
    source: end,
    destination: end,
    checksum: fc.boolean(),
    tlvs: fc.nat(3000).map((size) => Uint8Array.from([4, size >> 8, size & 0xff, ...Array(size).fill(0x20)])),
  }).map((notice) => {
    const into = new Uint8Array(4096);
    return into.slice(0, writeProxyHeader(into, notice));
  }),
  fc.constantFrom("PROXY UNKNOWN\r\n", "PROXY UNKNOWN x y\r\n", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "").map(latin1),
);
const name = fc.constantFrom("one.example", "a.one.example", "a.b.one.example", "two.example", "ONE.example.");
const greeting = fc.oneof(
  fc.tuple(name, fc.constantFrom(["h2", "http/1.1"], ["http/1.1"]), fc.array(fc.integer({ min: 1, max: 90 })))
    .map(([serverName, alpn, sizes]) => records(helloMessage({ serverName, alpn }), sizes)),
  name.map((name) => browserHello(name, ["http/1.1"])),
  fc.constantFrom("", "SSH-2.0-x\r\n", "GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n", "SSH", "\x16\x03\x01", "hello")
    .map(latin1),
  fc.uint8Array({ maxLength: 30 }),
);
const change = fc.tuple(fc.nat(), fc.nat(255));
const visit = fc.record({
  header,
  greeting,
  more: fc.oneof(fc.constant(new Uint8Array(0)), fc.nat(70_000).map((size) => new Uint8Array(size).fill(0x6d))),
  changes: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, {
    weight: 1,
    arbitrary: fc.array(change, { maxLength: 2 }),
  }),
  cuts: fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2000 })), { maxLength: 5 }),
});

/** What a client gets that sends this in pieces and then ends its side; empty if it is turned away. */
async function answer(port: number, bytes: Uint8Array, cuts: readonly number[]): Promise<string> {
  using client = await Client.connect(port);
  let text = "";
  const decoder = new TextDecoder();
  try {
    let at = 0;
    for (const size of cuts) await client.send(bytes.subarray(at, at += size));
    await client.send(bytes.subarray(at));
    await client.finish();
    await client.readToEnd((bytes) => text += decoder.decode(bytes, { stream: true }));
  } catch (error) {
    // A client that is turned away may still be sending.
    if (!isConnectionGone(error)) throw error;
  }
  return text;
}

/** A back end that says its name and, at the client's end, how many bytes it got and what their sum is. */
function counting(name: string): Backend {
  return new Backend(async (connection) => {
    let length = 0, sum = 0;
    await readChunks(connection, (bytes) => {
      for (const byte of bytes) sum = (sum * 31 + byte) | 0;
      length += bytes.length;
      return Promise.resolve();
    });
    await writeAll(connection, new TextEncoder().encode(`${name} ${length} ${sum}`));
  });
}

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `first words of every kind, in any pieces (${engine} engine)`,
    async () => {
      await using backends = new AsyncDisposableStack();
      const groups = Object.entries(GROUPS).map(([name, conditions]) => {
        const { port } = backends.use(counting(name));
        return { conditions, channels: [{ host: "127.0.0.1", port }] };
      });
      const options = { hostname: "127.0.0.1", port: 0, engine, groups, acceptProxy: "127.0.0.1", proxyTimeout: 60 };
      const balancer = await Balancer.start({ ...options, preambleTimeout: 60 });
      const { port } = balancer.services[0].address;
      try {
        await fc.assert(
          fc.asyncProperty(visit, async ({ header, greeting, more, changes, cuts }) => {
            const bytes = Uint8Array.from([...header, ...greeting, ...more]);
            const early = header.length + greeting.length;
            for (const [where, value] of changes) if (early > 0) bytes[where % early] = value;
            const meant = expected(bytes);
            const rest = bytes.subarray(meant?.header ?? bytes.length);
            const sum = rest.reduce((sum, byte) => (sum * 31 + byte) | 0, 0);
            const wanted = meant === undefined ? "" : `${meant.group} ${rest.length} ${sum}`;
            assert.equal(await answer(port, bytes, cuts), wanted);
          }),
          parameters(150),
        );
      } finally {
        await balancer.stop();
      }
    },
  );
}
