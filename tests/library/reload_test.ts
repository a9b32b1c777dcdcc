/** A reload inside the process, where its last step can be made to fail. */
import assert from "node:assert/strict";
import { Instance } from "../../src/service/instance.ts";
import { readServiceWords } from "../../src/options/read_words.ts";
import { ENGINES } from "../faults/subject.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { freePorts } from "../support/free_port.ts";
import { OngoingLoad } from "../support/ongoing_load.ts";
import { linux, testWith } from "../support/requirements.ts";

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
