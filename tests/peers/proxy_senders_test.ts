/** PROXY headers that HAProxy and nginx send, read as the program reads them. */
import assert from "node:assert/strict";
import { Malformed, type ProxyHeader } from "../../src/preamble/proxy_header.ts";
import { readProxyHeader } from "../../src/preamble/read_proxy_header.ts";
import { findTlv, TLV } from "../../src/preamble/tlvs.ts";
import { formatHost } from "../../src/table/address.ts";
import { Backend } from "../support/backend.ts";
import { Client } from "../support/client.ts";
import { ipv6, testWith } from "../support/requirements.ts";
import { haproxy, needsHaproxy, needsNginx, nginx, type Sender } from "./proxy_senders.ts";

/** Headers that have been received, by the ports of those whom they name. */
class Headers implements AsyncDisposable {
  readonly #byPort = new Map<number, ProxyHeader>();
  readonly #backend: Backend;

  constructor() {
    this.#backend = new Backend(async (connection) => {
      const bytes = new Uint8Array(4096);
      for (let length = 0;;) {
        const header = readProxyHeader(bytes.subarray(0, length));
        assert.ok(!(header instanceof Malformed), JSON.stringify(header));
        if (typeof header !== "number") {
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

/** Sends something through a proxy. @returns the header in front of it */
async function introduced(headers: Headers, { port }: Sender, hostname = "127.0.0.1"): Promise<ProxyHeader> {
  using client = await Client.connect(port, hostname);
  await client.send("PROXY me\r\n");
  assert.equal(await client.readText(), "PROXY me\r\n");
  const header = headers.of(client.localPort), { source, destination } = header;
  assert.equal(formatHost(source!.address), hostname);
  assert.deepEqual([formatHost(destination!.address), destination!.port], [hostname, port]);
  return header;
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
  const { certificate, tlsPort } = sender;
  const plain = await Deno.connect({ hostname: "127.0.0.1", port: tlsPort });
  const { port } = plain.localAddr;
  using client = await Deno.startTls(plain, {
    hostname: "www.example.com",
    caCerts: [certificate],
    alpnProtocols: ["h2"],
  });
  await client.write(new TextEncoder().encode("hello"));
  await client.read(new Uint8Array(10));
  const { tlvs } = headers.of(port);
  const text = (type: number) => new TextDecoder().decode(findTlv(tlvs, type));
  assert.deepEqual([text(TLV.AUTHORITY), text(TLV.ALPN)], ["www.example.com", "h2"]);
  assert.equal(findTlv(tlvs, TLV.CRC32C)?.length, 4);
  // PP2_TYPE_SSL.
  assert.ok(findTlv(tlvs, 0x20)!.length > 20);
});
