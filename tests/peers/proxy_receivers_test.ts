/** PROXY headers that real servers read: what they then believe of the client. */
import assert from "node:assert/strict";
import { linuxUnavailable } from "../../src/engine/linux/availability.ts";
import { Balancer, type BalancerOptions } from "../../mod.ts";
import { askFrom } from "../support/client_from.ts";
import { runClient } from "../support/external_server.ts";
import { found } from "../support/found_by_check.ts";
import { linux, testWith } from "../support/requirements.ts";
import { haproxy, nginx, postfix } from "./proxy_receivers.ts";
import * as senders from "./proxy_senders.ts";

const ENGINES = linuxUnavailable() === undefined ? ["linux", "portable"] as const : ["portable"] as const;
const VERSIONS = ["v1", "v2"] as const;

/** The program in front of a port of 127.0.0.1. */
function before(port: number, options: Partial<BalancerOptions>): Promise<Balancer> {
  return Balancer.start({
    port: 0,
    hostname: "127.0.0.1",
    groups: [{ channels: [{ host: "127.0.0.1", port }] }],
    ...options,
  });
}

/** What a server says of curl's connection, which comes to this port, and what is true: both in one line. */
function curl(port: number, ...more: string[]): Promise<string> {
  const where = "%{local_ip} %{local_port} -> %{remote_ip} %{remote_port}\n";
  return runClient("curl", "-sS", "-w", where, ...more, `http://127.0.0.1:${port}/`);
}

testWith(nginx.needs, "nginx knows the client and where it came to from headers of both versions", async () => {
  await using server = await nginx.start();
  for (const engine of ENGINES) {
    for (const proxy of VERSIONS) {
      await using balancer = await before(server.port, { engine, proxy, proxyChecksum: proxy === "v2" });
      const [says, is] = (await curl(balancer.address.port)).split("\n");
      assert.equal(says, is, `${engine} ${proxy}`);
      assert.match(says, new RegExp(` -> 127\\.0\\.0\\.1 ${balancer.address.port}$`));
    }
  }
});

testWith(
  haproxy.needs,
  "HAProxy knows the client from headers of both versions, and the id of its connection",
  async () => {
    await using server = await haproxy.start();
    for (const engine of ENGINES) {
      for (const proxy of VERSIONS) {
        const more = proxy === "v2" ? { proxyUniqueId: true, proxyChecksum: true } : {};
        await using balancer = await before(server.port, { engine, proxy, ...more });
        const [says, is] = (await curl(balancer.address.port)).split("\n");
        const id = proxy === "v2" ? "'[\\da-f]{32}'" : "''";
        assert.match(says, new RegExp(`^${is.replaceAll(".", "\\.")} '' ${id}$`), `${engine} ${proxy}`);
      }
    }
  },
);

testWith(
  [...haproxy.needs, ...senders.needsHaproxy],
  "from HAProxy through the program to HAProxy, everything that was said arrives",
  async () => {
    await using server = await haproxy.start();
    for (const engine of ENGINES) {
      await using balancer = await before(server.port, {
        ...{ engine, proxy: "v2", proxyPassTlv: true, proxyChecksum: true, acceptProxy: ["127.0.0.1"] },
      });
      await using sender = await senders.haproxy("send-proxy-v2 proxy-v2-options crc32c,unique-id,authority", {
        to: balancer.address.port,
      });
      const url = `https://www.example.com:${sender.tlsPort}/`, resolve = `www.example.com:${sender.tlsPort}:127.0.0.1`;
      const where = "%{local_ip} %{local_port} -> %{remote_ip} %{remote_port}\n";
      const [says, is] = (await runClient("curl", "-sSk", "--http1.1", "--resolve", resolve, "-w", where, url)).split(
        "\n",
      );
      assert.equal(says, `${is} 'www.example.com' 'id-${is.split(" ").slice(0, 2).join("-")}'`, engine);
    }
  },
);

testWith(
  [...postfix.needs, linux],
  "Postfix, which speaks first, knows the client from headers of both versions",
  async () => {
    await using server = await postfix.start();
    for (const engine of ENGINES) {
      for (const proxy of VERSIONS) {
        await using balancer = await before(server.port, { engine, proxy });
        const { port } = balancer.address;
        assert.match(await askFrom("127.0.0.7", port), /^554 5\.7\.1 <[a-z]+\[127\.0\.0\.7\]>: Client host rejected/);
        assert.match(await askFrom("127.0.0.1", port), /^220 mail\.example ESMTP/);
      }
    }
  },
);

for (const proxy of VERSIONS) {
  testWith(
    nginx.needs,
    `nginx answers health checks with a header of their own, ${proxy}, and sees nothing wrong`,
    async () => {
      await using server = await nginx.start();
      assert.equal(await found(server.port, "tcp", { proxy }), "L4OK");
      assert.equal(await found(server.port, "http:/", { proxy }), "L7OK");
      assert.equal(await found(server.tlsPort, "tls", { proxy }), "L6OK");
      assert.equal(await found(server.tlsPort, "https:/", { proxy }), "L7OK");
      assert.doesNotMatch(server.log(), /broken header|reset|error|SSL_/i);
      // Without a header, it would be.
      assert.match(await found(server.port, "http:/"), /^L7RSP/);
      assert.match(server.log(), /broken header/);
    },
  );

  testWith(haproxy.needs, `HAProxy answers health checks with a header of their own, ${proxy}`, async () => {
    await using server = await haproxy.start();
    assert.equal(await found(server.port, "http:/", { proxy }), "L7OK");
    assert.equal(await found(server.tlsPort, "https:/", { proxy }), "L7OK");
    assert.match(await found(server.port, "http:/"), /^L7RSP/);
  });

  testWith(postfix.needs, `Postfix answers health checks with a header of their own, ${proxy}`, async () => {
    await using server = await postfix.start();
    assert.equal(await found(server.port, "smtp", { proxy }), "L7OK");
    assert.match(await found(server.port, "smtp", { timeout: 300 }), /^L7/);
  });
}
