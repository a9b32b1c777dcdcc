/** What channels and checks are told in PROXY headers, and how a reload changes it. */
import assert from "node:assert/strict";
import { readServiceWords } from "../../src/options/read_words.ts";
import { Instance } from "../../src/service/instance.ts";
import { ENGINES } from "../faults/subject.ts";
import { Backend } from "../support/backend.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { linux, testWith } from "../support/requirements.ts";
import { readChunks, writeAll } from "../support/streams.ts";

/** Says what it is told first, and ends. */
function telling(): Backend {
  return new Backend(async (connection) => {
    const buffer = new Uint8Array(256), length = await connection.read(buffer);
    if (length !== null) await writeAll(connection, buffer.slice(0, length));
  });
}

/** Notes what it is told in each connection. */
function noting(told: string[]): Backend {
  return new Backend(async (connection) => {
    let text = "";
    await readChunks(connection, (bytes) => void (text += new TextDecoder("latin1").decode(bytes)));
    told.push(text);
  });
}

/** Which kind of header a text begins with. */
function kind(text: string): "v1" | "v2" | "own v2" | "none" {
  if (text.startsWith("PROXY TCP4 ")) return "v1";
  if (!text.startsWith("\r\n\r\n\0\r\nQUIT\n")) return "none";
  return text.charCodeAt(12) === 0x21 ? "v2" : "own v2";
}

const spec = (...words: string[]) => readServiceWords(["-b", "127.0.0.1", "--name", "web", ...words]).result!;

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}: a reload changes which PROXY header channels get, and a snapshot shows their own options`,
    async () => {
      await using one = telling();
      await using two = telling();
      const port = freePort(), channels = [one, two].map((backend) => `127.0.0.1:${backend.port}`);
      const services = (proxy: string, ...more: string[]) => [
        spec(`${port}`, "--proxy", proxy, ...channels.map((word, i) => word + more[i])),
      ];
      const told = async () => {
        const kinds = [];
        for (let i = 0; i < 2; i++) {
          using client = await Client.connect(port);
          await client.send("hello");
          kinds.push(kind(await client.readAllText()));
        }
        return kinds;
      };
      const instance = await Instance.start({ engine, threads: 1, trace: false }, services("v1", "", ",proxy=v2"));
      try {
        const proxies = () => instance.services[0].groups.snapshot()[0].channels.map(({ proxy }) => proxy);
        assert.deepEqual([await told(), proxies()], [["v1", "v2"], [null, "v2"]]);
        await instance.reload({ values: {}, services: services("v2", ",proxy=off", "") });
        assert.deepEqual([await told(), proxies()], [["none", "v2"], ["off", null]]);
        await instance.reload({ values: {}, services: services("off", ",proxy=v1", "") });
        assert.deepEqual([await told(), proxies()], [["v1", "none"], ["v1", null]]);
      } finally {
        await instance.stop();
      }
    },
  );
}

Deno.test("checks send the header of their channel, and none to a port of their own; a reload changes it", async () => {
  const told: Record<"plain" | "service" | "own" | "extra", string[]> = { plain: [], service: [], own: [], extra: [] };
  await using plain = noting(told.plain);
  await using service = noting(told.service);
  await using own = noting(told.own);
  await using extra = noting(told.extra);
  const port = freePort(), to = ({ port }: Backend, options = "") => `127.0.0.1:${port}${options}`;
  const services = (proxy: string) => [
    spec(...[`${port}`, "--proxy", proxy, "--check", "tcp", "--check-interval", "0.02", "--check-timeout", "20"], ...[
      to(plain, ",proxy=off"),
      to(service),
      to(own, ",proxy=v2"),
      `127.0.0.1:1,check-port=${extra.port}`,
    ]),
  ];
  const all = async (wanted: Record<keyof typeof told, string>) => {
    for (const texts of Object.values(told)) texts.length = 0;
    await eventually("each has been checked", () => Object.values(told).every(({ length }) => length > 2));
    // The first may have begun before the change.
    for (const [name, texts] of Object.entries(told)) {
      assert.deepEqual(texts.slice(1).map(kind), Array(texts.length - 1).fill(wanted[name as keyof typeof told]), name);
    }
  };
  const instance = await Instance.start({ engine: "portable", threads: 1, trace: false }, services("v1"));
  try {
    await all({ plain: "none", service: "v1", own: "own v2", extra: "none" });
    await instance.reload({ values: {}, services: services("v2") });
    await all({ plain: "none", service: "own v2", own: "own v2", extra: "none" });
  } finally {
    await instance.stop();
  }
});
