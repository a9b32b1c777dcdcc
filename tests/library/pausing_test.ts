/** An instance may have several reasons not to accept clients at the same time. */
import assert from "node:assert/strict";
import { readServiceWords } from "../../src/options/read_words.ts";
import { Instance } from "../../src/service/instance.ts";
import { ENGINES } from "../faults/subject.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { echo } from "../support/echoed.ts";
import { freePort } from "../support/free_port.ts";
import { linux, testWith } from "../support/requirements.ts";

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [],
    `${engine}: an upgrade that is given up does not end the pause for lack of memory`,
    async () => {
      await using backend = echoBackend();
      const port = freePort(), service = readServiceWords(["-b", "127.0.0.1", `${port}`, `127.0.0.1:${backend.port}`]);
      const instance = await Instance.start({ engine, threads: 1, trace: false }, [service.result!]);
      try {
        using before = await Client.connect(port);
        await echo(before, "x");
        instance.pauseAccepting("memory");
        instance.pauseAccepting();
        instance.resumeAccepting();
        const clients = await Promise.all(Array.from({ length: 5 }, () => Client.connect(port)));
        // Long enough for the engine to accept them.
        for (let i = 0; i < 50; i++) await echo(before, "x");
        // It may have been waiting for one of them.
        assert.ok(instance.connections <= 2, `${instance.connections} connections`);
        instance.resumeAccepting("memory");
        for (const client of clients) {
          await echo(client, "x");
          client[Symbol.dispose]();
        }
      } finally {
        await instance.stop();
      }
    },
  );
}
