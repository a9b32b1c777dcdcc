/** What real clients say first, read as the program reads it: openssl, curl, Deno's own TLS, ssh. */
import assert from "node:assert/strict";
import type { Greeting } from "../../src/preamble/greeting.ts";
import { readGreeting } from "../../src/preamble/read_greeting.ts";
import { installed, posix, testWith } from "../support/requirements.ts";

/** What a client says that is given a port and gets no answer, and how long it is. */
async function said(client: (port: number) => Promise<unknown>): Promise<{ greeting: Greeting; length: number }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ended = client(listener.addr.port);
  const result = await listen(listener);
  await ended;
  return result;
}

async function listen(listener: Deno.TcpListener): Promise<{ greeting: Greeting; length: number }> {
  using connection = await listener.accept();
  const bytes = new Uint8Array(20_000);
  for (let length = 0;;) {
    const greeting = readGreeting(bytes.subarray(0, length), false);
    if (typeof greeting !== "number") return { greeting, length };
    const read = await connection.read(bytes.subarray(length));
    assert.ok(read !== null, `${greeting} bytes were needed, ${length} have come`);
    length += read;
  }
}

/** Runs a program that fails in the end, since nobody answers it. */
const program = (command: string, ...args: string[]) =>
  new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" }).output();

const openssl = (...args: string[]) =>
  said((port) => program("openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...args));
const curl = (scheme: string, ...args: string[]) =>
  said((port) => {
    const far = ["--resolve", `www.example.com:${port}:127.0.0.1`, `${scheme}://www.example.com:${port}/`];
    return program("curl", "-sk", "--noproxy", "*", "--max-time", "20", ...far, ...args);
  });
const tls = (serverName: string, alpn: readonly string[] = []) => ({ protocol: "tls", serverName, alpn });

const needsOpenssl = [posix, installed("openssl")], needsCurl = [posix, installed("curl")];

testWith(needsOpenssl, "openssl's hello, with TLS 1.2 and 1.3, with a name and without", async () => {
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const named = await openssl(version, "-servername", "WWW.Example.com", "-alpn", "h2,http/1.1");
    assert.deepEqual(named.greeting, tls("www.example.com", ["h2", "http/1.1"]), version);
    assert.deepEqual((await openssl(version, "-noservername")).greeting, tls(""), version);
  }
});

testWith(needsOpenssl, "openssl's hello in records of 512 bytes, and one of 12 kB", async () => {
  const many = Array.from({ length: 1000 }, (_, i) => `protocol-${i}`);
  const args = ["-servername", "www.example.com", "-alpn", many.join(",")];
  const lengths: number[] = [];
  for (const records of [[], ["-max_send_frag", "512"]]) {
    const { greeting, length } = await openssl(...args, ...records);
    assert.deepEqual(greeting, tls("www.example.com", many.slice(0, 64)));
    lengths.push(length);
  }
  // Each record has a header of five bytes.
  assert.ok(lengths[0] > 12_000 && lengths[1] >= lengths[0] + 5 * 20, `${lengths} bytes`);
});

testWith(needsCurl, "curl's hello, with TLS 1.2 and 1.3, for HTTP/1.1 and HTTP/2", async () => {
  for (const version of [["--tls-max", "1.2"], ["--tlsv1.3"]]) {
    assert.deepEqual((await curl("https", "--http1.1", ...version)).greeting, tls("www.example.com", ["http/1.1"]));
    const { greeting } = await curl("https", "--http2", ...version);
    assert.deepEqual(greeting, tls("www.example.com", ["h2", "http/1.1"]));
  }
});

testWith(needsCurl, "curl's HTTP without TLS: version 1, and version 2 at once", async () => {
  for (const args of [["--http1.1"], ["--http2-prior-knowledge"], ["-d", "x"], ["-X", "PROPFIND"], ["-I"]]) {
    assert.deepEqual((await curl("http", ...args)).greeting, { protocol: "http", serverName: "", alpn: [] }, args[0]);
  }
});

Deno.test("Deno's own hello", async () => {
  const { greeting } = await said(async (port) => {
    const plain = await Deno.connect({ hostname: "127.0.0.1", port });
    using connection = await Deno.startTls(plain, { hostname: "www.example.com", alpnProtocols: ["h2", "acme"] });
    // Nobody answers.
    await assert.rejects(connection.handshake());
  });
  assert.deepEqual(greeting, tls("www.example.com", ["h2", "acme"]));
});

testWith([posix, installed("ssh")], "ssh begins before the server says anything", async () => {
  const options = ["-F", "none", "-o", "BatchMode=yes", "-o", "UserKnownHostsFile=/dev/null"];
  const { greeting } = await said((port) => program("ssh", ...options, "-p", String(port), "127.0.0.1"));
  assert.deepEqual(greeting, { protocol: "ssh", serverName: "", alpn: [] });
});
