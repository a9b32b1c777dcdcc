/** Control of a program that is out of descriptors, when its operator needs it most. */
import assert from "node:assert/strict";
import { within } from "../faults/patience.ts";
import { descriptorsOf, processorShare } from "../faults/process_figures.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { ControlSession } from "../support/control_session.ts";
import { eventually } from "../support/eventually.ts";
import { Instance } from "../support/instance.ts";
import { installed, linux, testWith } from "../support/requirements.ts";

/** Descriptors, and clients that want two each. */
const LIMIT = 200, CLIENTS = 600;

/** Sessions one after the other, and at the same time. */
const IN_TURN = 12, AT_ONCE = 6;

for (const engine of ["portable", "linux --threads 1", "linux --threads 3"]) {
  testWith(
    [linux, installed("prlimit")],
    `${engine}: out of descriptors, operators are served, one after another and several at a time`,
    async () => {
      await using back = echoBackend();
      await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
        before: ["prlimit", `--nofile=${LIMIT}:${LIMIT}`],
        options: ["--engine", ...engine.split(" "), "--max-connections", "1000", "-t", "60"],
      });
      await instance.logged(/warning --max-connections 1000 is beyond the descriptor limit/);
      const path = `${instance.directory.path}/${instance.port}@127.0.0.1.sock`;
      const clients = await Promise.all(Array.from({ length: CLIENTS }, () => Client.connect(instance.port)));
      try {
        await instance.logged(/accept failed, out of resources/);
        for (let round = 0; round < IN_TURN; round++) {
          using operator = await ControlSession.open(path);
          await operator.send("show json\nquit\n");
          assert.match(await operator.toEnd(), /^balance 1 \d+ [^\n]+\nok 1 0\n\{[^\n]+\}\nbye 0 0\n$/);
        }
        // A session that is cut off frees its descriptor just as one that ends normally.
        for (let round = 0; round < IN_TURN; round++) {
          using operator = await ControlSession.open(path);
          assert.ok(await operator.until(/^balance 1 [^\n]+\n/));
        }
        const operators = await Promise.all(Array.from({ length: AT_ONCE }, () => ControlSession.open(path)));
        for (const operator of operators) await operator.send("disable 0\nenable 0\nquit\n");
        for (const operator of operators) {
          using session = operator;
          assert.match(
            await session.toEnd(),
            / 1 0\nchannel 0 (already )?disabled\n\w+ 1 0\nchannel 0 (already )?enabled\nbye/,
          );
        }
        assert.equal(await instance.control("create 127.0.0.1 9\n"), "channel created\n", "and look-ups");
        const { all } = descriptorsOf(instance.pid);
        assert.ok(all > LIMIT - 32 && all < LIMIT - 4, `${all} descriptors are open, so that clients still wait`);
        within("idle processor", await processorShare(instance.pid, 1), 5, "%");
        const { connections } = await instance.state();
        // One that has just got an operator's descriptors may still be connecting.
        await eventually("every client that was accepted has its channel", () => back.open >= connections);
      } finally {
        for (const client of clients) client[Symbol.dispose]();
      }
      using client = await instance.client();
      await client.send("here");
      assert.equal((await client.readExactly(4)).length, 4);
      const control = instance.stderr.text.split("\n").filter((line) =>
        /control/.test(line) && !/control: (disable|enable|create)/.test(line)
      );
      assert.deepEqual(control, [], "nothing about it in the log");
      await eventually("the program lives on", () => back.open === 1);
    },
  );
}
