/** Control of a program that is out of descriptors, which is when its operator needs it most. */
import assert from "node:assert/strict";
import { engineOptions, ENGINES } from "../faults/subject.ts";
import { within } from "../faults/patience.ts";
import { descriptorsOf, processorShare } from "../faults/process_figures.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { ControlSession } from "../support/control_session.ts";
import { eventually } from "../support/eventually.ts";
import { Instance } from "../support/instance.ts";
import { installed, linux, testWith } from "../support/requirements.ts";

const LIMIT = 200;

for (const engine of ENGINES) {
  testWith(
    [linux, installed("prlimit")],
    `${engine}: out of descriptors, one operator is served, the next waits for the end of the shortage`,
    async () => {
      await using back = echoBackend();
      await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
        before: ["prlimit", `--nofile=${LIMIT}:${LIMIT}`],
        options: [...engineOptions(engine), "--max-connections", "1000", "-t", "60"],
      });
      const path = `${instance.directory.path}/${instance.port}@127.0.0.1.sock`;
      const clients = await Promise.all(Array.from({ length: LIMIT }, () => Client.connect(instance.port)));
      try {
        await instance.logged(/cannot (accept|connect) for want of resources/);
        for (let round = 0; round < 3; round++) {
          using operator = await ControlSession.open(path);
          await operator.send("show json\nquit\n");
          assert.match(await operator.toEnd(), /^balance 1 \d+ [^\n]+\nok 1 0\n\{[^\n]+\}\nbye 0 0\n$/);
        }
        using first = await ControlSession.open(path);
        assert.ok(await first.until(/^balance 1 [^\n]+\n/));
        using second = await ControlSession.open(path);
        await second.send("version\n");
        within("idle processor", await processorShare(instance.pid, 1), 5, "%");
        assert.ok(descriptorsOf(instance.pid).all >= LIMIT - 1, "still none is free");
        await first.send("disable 0\nenable 0\n");
        assert.ok(await first.until(/ok 1 0\nchannel 0 disabled\nok 1 0\nchannel 0 enabled\n$/));
        for (const client of clients) client[Symbol.dispose]();
        assert.ok(await second.until(/\nok 3 0\n/), second.text);
      } finally {
        for (const client of clients) client[Symbol.dispose]();
      }
      using third = await ControlSession.open(path);
      assert.ok(await third.until(/^balance 1 /));
      using client = await instance.client();
      await client.send("here");
      assert.equal((await client.readExactly(4)).length, 4);
      const control = instance.stderr.text.split("\n").filter((line) =>
        /control/.test(line) && !/channel 0/.test(line)
      );
      assert.deepEqual(control, [], "nothing about it in the log");
      await eventually("the program lives on", () => back.open === 1);
    },
  );
}
