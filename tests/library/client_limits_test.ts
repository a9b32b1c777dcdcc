import assert from "node:assert/strict";
import { readServiceWords } from "../../src/options/read_words.ts";
import { Instance } from "../../src/service/instance.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { linux, testWith } from "../support/requirements.ts";

/** A service whose options are these words, and that may get others. */
async function served(engine: typeof ENGINES[number], port: number, to: number, ...words: string[]) {
  const all = (words: readonly string[]) => ({
    values: {},
    services: [readServiceWords(["-b", "127.0.0.1", "--name", "web", ...words, `${port}`, `127.0.0.1:${to}`]).result!],
  });
  const instance = await Instance.start({ engine, threads: 1, trace: false }, all(words).services);
  return {
    instance,
    web: instance.services[0],
    reload: async (...words: string[]) => await instance.reload(all(words)),
  };
}

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [];

  testWith(
    needs,
    `${engine}: a reload keeps what is counted of each client, until limits are switched off`,
    async () => {
      await using backend = namedBackend("a");
      const port = freePort(),
        { instance, web, reload } = await served(engine, port, backend.port, "--max-per-client", "2");
      using all = new DisposableStack();
      const comes = async () => {
        const client = all.use(await Client.connect(port));
        return await client.readText().catch(() => null) === "a";
      };
      try {
        assert.deepEqual([await comes(), await comes(), await comes()], [true, true, false]);
        const mine = { address: "127.0.0.1", connections: 2, refused: 1 };
        assert.deepEqual(web.clients(), [mine]);
        await reload("--max-per-client", "2", "-t", "7");
        assert.deepEqual([await comes(), web.clients()], [false, [{ ...mine, refused: 2 }]]);
        await reload("--max-per-client", "3", "--rate-per-client", "100/1");
        assert.deepEqual([await comes(), await comes()], [true, false]);
        assert.deepEqual(web.clients(), [{ ...mine, connections: 3, refused: 3 }]);
        assert.deepEqual(web.accessState()!.refused.connections, 3);
        assert.equal(await web.unban("127.0.0.0/8"), 0);
        assert.deepEqual(web.clients(), [{ ...mine, connections: 3, refused: 0 }]);
        // Who are told apart in another way begin anew, and end where they began.
        await reload("--max-per-client", "3", "--client-prefix", "56");
        assert.deepEqual([web.clients(), await comes()], [[], true]);
        await reload("--rate", "1000/1");
        assert.deepEqual([web.clients(), await comes(), await comes()], [[], true, true]);
        await reload();
        assert.ok(await comes());
        await reload("--max-per-client", "1");
        assert.deepEqual([await comes(), await comes()], [true, false]);
        all.dispose();
        await eventually(
          "all have left",
          () => web.connections === 0 && web.clients().every((c) => c.connections === 0),
        );
        using client = await Client.connect(port);
        assert.equal(await client.readText(), "a");
      } finally {
        await instance.stop();
      }
    },
  );

  testWith(
    needs,
    `${engine}: a reload changes how fast clients are accepted, and those who wait are served`,
    async () => {
      await using backend = namedBackend("a");
      const port = freePort(),
        { instance, web, reload } = await served(engine, port, backend.port, "--rate", "1/3600,2");
      try {
        const clients = await Promise.all(Array.from({ length: 6 }, () => Client.connect(port)));
        await eventually(
          "a burst is served, and others wait",
          () => backend.accepted === 2 && web.accessState()!.paced > 0,
        );
        await reload("--rate", "1/3600,2", "-t", "7");
        assert.equal(backend.accepted, 2);
        await reload("--rate", "1/3600,3");
        await eventually("one more is served", () => backend.accepted === 3);
        // Somebody else who comes does not change that.
        using late = await Client.connect(port);
        await reload("--rate", "1/3600,3", "--access-dry-run");
        for (const client of [...clients, late]) {
          assert.equal(await client.readText(), "a");
          client[Symbol.dispose]();
        }
        assert.deepEqual(Object.values(web.accessState()!.refused).filter((count) => count > 0), []);
      } finally {
        await instance.stop();
      }
    },
  );
}
