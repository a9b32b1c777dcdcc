/** PROXY headers that HAProxy and nginx send, read as the program reads them, and passed on by it. */
import assert from "node:assert/strict";
import { Malformed, type ProxyHeader } from "../../src/preamble/proxy_header.ts";
import { readProxyHeader } from "../../src/preamble/read_proxy_header.ts";
import { findTlv, TLV } from "../../src/preamble/tlvs.ts";
import { formatHost } from "../../src/table/address.ts";
import { Backend } from "../support/backend.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { Instance } from "../support/instance.ts";
import { ipv6, linux, posix, testWith } from "../support/requirements.ts";
import { haproxy, needsHaproxy, needsNginx, nginx, type Sender } from "./proxy_senders.ts";

/** Headers that have been received, by the ports of those whom they name. */
class Headers implements AsyncDisposable {
  readonly #byPort = new Map<number, ProxyHeader>();
  readonly #backend: Backend;
  /** How many have been received. */
  count = 0;

  constructor() {
    this.#backend = new Backend(async (connection) => {
      const bytes = new Uint8Array(4096);
      for (let length = 0;;) {
        const header = readProxyHeader(bytes.subarray(0, length));
        assert.ok(!(header instanceof Malformed), JSON.stringify(header));
        if (typeof header !== "number") {
          this.count++;
          if (header.source !== undefined) this.#byPort.set(header.source.port, header);
          // What follows is the client's own; it comes back.
          await connection.write(bytes.subarray(header.length, length));
          await connection.readable.pipeTo(connection.writable);
          return;
        }
        const read = await connection.read(bytes.subarray(length));
        if (read === null) return;
        length += read;
      }
    });
  }

  get port(): number {
    return this.#backend.port;
  }

  of(port: number): ProxyHeader {
    const header = this.#byPort.get(port);
    assert.ok(header !== undefined, `no header names port ${port}`);
    return header;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#backend[Symbol.asyncDispose]();
  }
}

/** Sends something through a proxy. @returns the header in front of what arrives */
async function introduced(headers: Headers, { port }: Sender, hostname = "127.0.0.1"): Promise<ProxyHeader> {
  using client = await Client.connect(port, hostname);
  await client.send("PROXY me\r\n");
  assert.equal(await client.readText(), "PROXY me\r\n");
  const header = headers.of(client.localPort), { source, destination } = header;
  assert.equal(formatHost(source!.address), hostname);
  assert.deepEqual([formatHost(destination!.address), destination!.port], [hostname, port]);
  return header;
}

/** The same with TLS, as a client of www.example.com. */
async function introducedTls(headers: Headers, { certificate, tlsPort }: Sender): Promise<ProxyHeader> {
  const plain = await Deno.connect({ hostname: "127.0.0.1", port: tlsPort }), { port } = plain.localAddr;
  const options = { hostname: "www.example.com", caCerts: [certificate], alpnProtocols: ["h2"] };
  using client = await Deno.startTls(plain, options);
  await client.write(new TextEncoder().encode("hello"));
  assert.equal(await client.read(new Uint8Array(10)), 5);
  return headers.of(port);
}

const hosts = ipv6.met ? ["127.0.0.1", "::1"] : ["127.0.0.1"];

testWith(needsHaproxy, "HAProxy's version 1", async () => {
  await using headers = new Headers();
  await using sender = await haproxy("send-proxy", { to: headers.port, ipv6: ipv6.met });
  for (const host of hosts) assert.equal((await introduced(headers, sender, host)).version, 1);
});

testWith(needsNginx, "nginx's version 1", async () => {
  await using headers = new Headers();
  await using sender = await nginx({ to: headers.port, ipv6: ipv6.met });
  for (const host of hosts) assert.equal((await introduced(headers, sender, host)).version, 1);
});

testWith(needsHaproxy, "HAProxy's version 2, with a checksum and a unique id", async () => {
  await using headers = new Headers();
  const words = "send-proxy-v2 proxy-v2-options crc32c,unique-id";
  await using sender = await haproxy(words, { to: headers.port, ipv6: ipv6.met });
  for (const host of hosts) {
    const { version, source, tlvs } = await introduced(headers, sender, host);
    assert.equal(version, 2);
    const id = new TextDecoder().decode(findTlv(tlvs, TLV.UNIQUE_ID));
    assert.equal(id, `id-${host}-${source!.port}`);
    assert.equal(findTlv(tlvs, TLV.CRC32C)?.length, 4);
  }
});

testWith(needsHaproxy, "HAProxy's version 2 of a TLS client, with the name that it asked for", async () => {
  await using headers = new Headers();
  const words = "send-proxy-v2-ssl-cn proxy-v2-options crc32c,authority,ssl-cipher,cert-key,cert-sig";
  await using sender = await haproxy(words, { to: headers.port });
  const { tlvs } = await introducedTls(headers, sender);
  const text = (type: number) => new TextDecoder().decode(findTlv(tlvs, type));
  assert.deepEqual([text(TLV.AUTHORITY), text(TLV.ALPN)], ["www.example.com", "h2"]);
  assert.equal(findTlv(tlvs, TLV.CRC32C)?.length, 4);
  // PP2_TYPE_SSL.
  assert.ok(findTlv(tlvs, 0x20)!.length > 20);
});

for (const engine of ["linux", "portable"]) {
  const needs = engine === "linux" ? linux : posix;
  /** The program between the proxies and what receives its headers. */
  const start = (headers: Headers) => {
    const options = ["--engine", engine, "--accept-proxy", "127.0.0.1", "--proxy", "v2", "--proxy-checksum"];
    return Instance.start([`127.0.0.1:${headers.port}`], { options: [...options, "--proxy-pass-tlv"] });
  };

  testWith(
    [needs, ...needsHaproxy],
    `channels know the clients of HAProxy and all that it says (${engine})`,
    async () => {
      await using headers = new Headers();
      await using instance = await start(headers);
      await using one = await haproxy("send-proxy", { to: instance.port, ipv6: ipv6.met });
      const words = "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority";
      await using two = await haproxy(words, { to: instance.port, ipv6: ipv6.met });
      for (const host of hosts) {
        assert.deepEqual([...(await introduced(headers, one, host)).tlvs.subarray(0, 3)], [TLV.CRC32C, 0, 4]);
        const { source, tlvs } = await introduced(headers, two, host);
        const id = new TextDecoder().decode(findTlv(tlvs, TLV.UNIQUE_ID));
        assert.equal(id, `id-${host}-${source!.port}`);
      }
      const { tlvs } = await introducedTls(headers, two);
      assert.equal(new TextDecoder().decode(findTlv(tlvs, TLV.AUTHORITY)), "www.example.com");
    },
  );

  testWith(
    [needs, ...needsHaproxy],
    `HAProxy's health checks, which are nobody's connections, are served (${engine})`,
    async () => {
      await using headers = new Headers();
      await using instance = await start(headers);
      const check =
        "option tcp-check\ntcp-check connect send-proxy\ntcp-check send alive\ntcp-check expect string alive";
      for (const words of ["send-proxy", "send-proxy-v2 proxy-v2-options crc32c"]) {
        await using sender = await haproxy(`${words} check inter 50ms`, { to: instance.port, check });
        const before = headers.count;
        await eventually("checks have come", () => headers.count > before + 3);
        await introduced(headers, sender);
      }
      assert.doesNotMatch(instance.stderr.text, /PROXY/);
    },
  );

  testWith(
    [needs, ...needsHaproxy],
    `the log says what is wrong with HAProxy if it sends no header (${engine})`,
    async () => {
      await using headers = new Headers();
      await using instance = await start(headers);
      await using sender = await haproxy("", { to: instance.port });
      using client = await Client.connect(sender.port);
      await client.send("hello\r\n");
      assert.equal(await client.readText().catch(() => null), null);
      await instance.logged(/ refused 127\.0\.0\.1: no valid PROXY header \(neither version 1 nor version 2\)$/m);
    },
  );

  testWith([needs, ...needsNginx], `channels know the clients of nginx (${engine})`, async () => {
    await using headers = new Headers();
    await using instance = await start(headers);
    await using sender = await nginx({ to: instance.port, ipv6: ipv6.met });
    for (const host of hosts) assert.equal((await introduced(headers, sender, host)).version, 2);
  });
}
