/** A reload inside the process, where its last step can be made to fail. */
import assert from "node:assert/strict";
import { Instance } from "../../src/service/instance.ts";
import { readServiceWords } from "../../src/options/read_words.ts";
import { ENGINES } from "../faults/subject.ts";
import { echoBackend, namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { answerOn } from "../support/file_instance.ts";
import { askFrom } from "../support/client_from.ts";
import { freePort, freePorts } from "../support/free_port.ts";
import { OngoingLoad } from "../support/ongoing_load.ts";
import { linux, posix, testWith } from "../support/requirements.ts";

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}: a reload that fails after a socket was handed over gives it back, and no client is lost`,
    async () => {
      await using echo = echoBackend();
      const port = freePorts(2), to = `127.0.0.1:${echo.port}`;
      const spec = (...words: string[]) => readServiceWords(["-b", "127.0.0.1", "--name", ...words, to]).result!;
      const before = [spec("web", `${port},${port + 1}`)];
      const after = [spec("one", `${port}`), spec("two", `${port + 1}`)];
      const instance = await Instance.start({ engine, threads: 1, trace: false }, before);
      try {
        const [web] = instance.services, { served } = web, handOver = served.handOver.bind(served);
        await using load = await OngoingLoad.start(() => Client.connect(port + Number(Math.random() < 0.5)));
        let calls = 0;
        served.handOver = (...words) => {
          if (++calls % 2 === 0) throw new Error("Cannot hand over");
          return handOver(...words);
        };
        for (let i = 1; i <= 5; i++) {
          await assert.rejects(instance.reload({ values: {}, services: after }), /Cannot hand over/);
          assert.deepEqual(instance.services, [web]);
          assert.deepEqual(web.addresses.map(({ port }) => port).sort(), [port, port + 1]);
          assert.equal(calls, 2 * i);
          await load.more();
        }
        served.handOver = handOver;
        await instance.reload({ values: {}, services: after });
        assert.deepEqual(instance.services.map(({ name, address }) => [name, address.port]), [
          ["one", port],
          ["two", port + 1],
        ]);
        await load.more();
      } finally {
        await instance.stop();
      }
    },
  );
}

for (const engine of ENGINES) {
  testWith(engine === "linux" ? [linux] : [], `${engine}: limits follow the services of a reload`, async () => {
    const port = freePorts(12);
    const spec = (...words: string[]) => readServiceWords(["-b", "127.0.0.1", ...words, "127.0.0.1:1"]).result!;
    const one = spec("--name", "one", `${port}`);
    const instance = await Instance.start({ engine, threads: 1, trace: false }, [one]);
    try {
      const { maxConnections: most, descriptors } = instance.limits;
      await instance.reload({ values: {}, services: [one, spec("--name", "more", `${port + 2}-${port + 11}`)] });
      assert.deepEqual(instance.limits, {
        maxConnections: most - 5,
        descriptors: { ...descriptors, connections: descriptors.connections - 5, sockets: 11 },
      });
      const all = spec("--name", "more", "--max-connections", "20000000", `${port + 1}`);
      await instance.reload({ values: {}, services: [one, all] });
      assert.equal(instance.limits.maxConnections, 20000000);
      await instance.reload({ values: { maxConnections: 7 }, services: [one] });
      assert.deepEqual(instance.limits, { maxConnections: 7, descriptors });
      await instance.reload({ values: {}, services: [one] });
      assert.deepEqual(instance.limits, { maxConnections: most, descriptors });
      const others = freePorts(10);
      await instance.add(spec("--name", "more", `${others}-${others + 9}`));
      assert.equal(instance.limits.maxConnections, most - 5);
    } finally {
      await instance.stop();
    }
  });
}

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [posix],
    `${engine}: a reload that fails while ports change to any address opens them again where they were`,
    async () => {
      await using backend = namedBackend("a");
      const port = freePorts(2), to = `127.0.0.1:${backend.port}`;
      const specs = (hostname: string) =>
        [port, port + 1].map((port) => readServiceWords(["-b", hostname, String(port), to]).result!);
      const instance = await Instance.start({ engine, threads: 1, trace: false }, specs("127.0.0.1"));
      try {
        const both = async () => [await answerOn(port), await answerOn(port + 1)];
        using client = await Client.connect(port + 1);
        assert.equal(await client.readText(), "a");
        // Somebody else keeps the second port from having any address.
        {
          using _other = Deno.listen({ hostname: "127.0.0.2", port: port + 1 });
          for (let i = 0; i < 2; i++) {
            await assert.rejects(instance.reload({ values: {}, services: specs("0.0.0.0") }), { code: "EADDRINUSE" });
            assert.deepEqual(instance.services.map(({ addresses }) => addresses), [
              [{ hostname: "127.0.0.1", port }],
              [{ hostname: "127.0.0.1", port: port + 1 }],
            ]);
            assert.deepEqual(await both(), ["a", "a"]);
            await assert.rejects(Client.connect(port, "127.0.0.3"));
          }
        }
        for (const hostname of ["0.0.0.0", "127.0.0.1", "::", "0.0.0.0"]) {
          await instance.reload({ values: {}, services: specs(hostname) });
          assert.deepEqual(await both(), ["a", "a"]);
          assert.deepEqual(instance.services.map(({ address }) => address.hostname), [hostname, hostname]);
        }
        await client.send("still here");
        await eventually("it is still served", () => instance.connections === 1);
      } finally {
        await instance.stop();
      }
    },
  );
}

testWith([linux], "linux: a port changes from all addresses to one and back, and stays open", async () => {
  await using echo = echoBackend();
  const port = freePorts(1), to = `127.0.0.1:${echo.port}`;
  const spec = (hostname: string) => readServiceWords(["-b", hostname, String(port), to]).result!;
  const instance = await Instance.start({ engine: "linux", threads: 2, trace: false }, [spec("0.0.0.0")]);
  const become = async (hostname: string) => {
    await instance.reload({ values: {}, services: [spec(hostname)] });
    assert.deepEqual(instance.services[0].addresses, [{ hostname, port }]);
    assert.throws(() => Deno.listen({ hostname: "127.0.0.1", port }), Deno.errors.AddrInUse, "it is nobody else's");
  };
  try {
    for (const hostname of ["::", "0.0.0.0", "::", "0.0.0.0"]) {
      await using load = await OngoingLoad.start(() => Client.connect(port));
      await become("127.0.0.1");
      await load.more();
      await load[Symbol.asyncDispose]();
      await assert.rejects(Client.connect(port, "127.0.0.2"));
      // One whose handshake is under way in the moment when the old socket is closed may be refused, so there is none.
      await become(hostname);
      await Client.connect(port, "127.0.0.2").then((client) => client[Symbol.dispose]());
    }
  } finally {
    await instance.stop();
  }
});

for (const engine of ENGINES) {
  testWith(
    [linux],
    `${engine}: a reload keeps sticky clients, with another time and size too, until they are switched off`,
    async () => {
      await using a = namedBackend("a");
      await using b = namedBackend("b");
      const port = freePort(), channels = [a, b].map(({ address }) => `127.0.0.1:${address.port}`);
      const spec = (...words: string[]) =>
        readServiceWords(["-b", "127.0.0.1", "--name", "web", ...words, `${port}`, ...channels]).result!;
      const sticky = (...words: string[]) => ({ values: {}, services: [spec("--sticky", ...words)] });
      const instance = await Instance.start({ engine, threads: 1, trace: false }, sticky("600").services);
      try {
        const [web] = instance.services, { groups } = web;
        const asks = async () => [await askFrom("127.0.0.2", port), await askFrom("127.0.0.3", port)];
        assert.deepEqual(await asks(), ["a", "b"]);
        const before = groups.sticky;
        await instance.reload(sticky("60"));
        assert.equal(groups.sticky, before);
        assert.ok(web.stickyClients().every(({ left }) => left === null || left <= 60));
        // The rotation alone would give them the other one.
        await askFrom("127.0.0.4", port);
        assert.deepEqual(await asks(), ["a", "b"]);
        await instance.reload(sticky("60", "--sticky-size", "512"));
        assert.notEqual(groups.sticky, before);
        assert.equal(groups.sticky!.table.size, 512);
        assert.deepEqual(web.stickyClients("127.0.0.3").map(({ channel }) => channel), [1]);
        assert.deepEqual(await asks(), ["a", "b"]);
        assert.equal(web.forget("127.0.0.3"), 1);
        assert.equal(web.forget(), 2);
        await instance.reload({ values: {}, services: [spec()] });
        assert.equal(groups.sticky, undefined);
        assert.deepEqual([web.stickyClients(), web.forget()], [[], 0]);
        const [one, other] = [await askFrom("127.0.0.2", port), await askFrom("127.0.0.2", port)];
        assert.notEqual(one, other);
        assert.throws(() => web.forget("web1"), { name: "TypeError", message: /Cannot use address "web1"/ });
      } finally {
        await instance.stop();
      }
    },
  );
}

Deno.test("what is said of hundreds of removed channels takes one look at the service", async () => {
  const port = `${freePort()}`, words = Array.from({ length: 300 }, (_, i) => [`127.0.0.1:${i + 1}`, "!"]).flat();
  // 30 channels in each group.
  const many = words.filter((word, i) => word !== "!" || i % 60 === 59).slice(0, -1);
  const spec = (...channels: string[]) => readServiceWords(["-b", "127.0.0.1", port, ...channels]).result!;
  const instance = await Instance.start({ engine: "portable", threads: 1, trace: false }, [spec(...many)]);
  try {
    const [{ groups }] = instance.services, snapshot = groups.snapshot.bind(groups);
    let looks = 0;
    groups.snapshot = () => {
      looks++;
      return snapshot();
    };
    const lines = await instance.reload({ values: {}, services: [spec("127.0.0.1:1")] });
    assert.equal(lines.filter((line) => line.includes("removed")).length, 29 + 9, lines.slice(0, 3).join("\n"));
    assert.ok(looks < 10, `${looks} looks`);
  } finally {
    await instance.stop();
  }
});
