/** What the default of `--max-connections` promises under a low limit of descriptors. */
import assert from "node:assert/strict";
import { descriptorShares } from "../../src/service/engine/descriptor_shares.ts";
import type { EngineName } from "../../src/options/engine_name.ts";
import { descriptorsOf } from "../faults/process_figures.ts";
import { echoBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { Instance } from "../support/instance.ts";
import { installed, linux, testWith } from "../support/requirements.ts";

const LIMIT = 512, CLIENTS = 300;

/** Descriptors that the test's own process may leave to the program, besides its standard ones. */
const INHERITED = 8;

const ENGINES: [EngineName, number][] = [["portable", 1], ["linux", 1], ["linux", 2], ["linux", 4], ["linux", 8]];

for (const [engine, threads] of ENGINES) {
  testWith(
    [linux, installed("prlimit")],
    `${engine}, ${threads} threads: as many clients as the default allows are served with ${LIMIT} descriptors`,
    async () => {
      await using back = echoBackend();
      await using instance = await Instance.start([`127.0.0.1:${back.port}`], {
        before: ["prlimit", `--nofile=${LIMIT}:${LIMIT}`],
        options: ["--engine", engine, "--threads", String(threads)],
      });
      const clients = await Promise.all(Array.from({ length: CLIENTS }, () => instance.client()));
      try {
        const promised = Number(/serving (\d+) clients/.exec(await instance.logged(/the maximum/))![1]);
        assert.ok(promised >= descriptorShares(engine, threads, LIMIT, 23 + INHERITED).connections, `${promised}`);
        const served: Client[] = [];
        let gone = 0;
        for (const client of clients) {
          client.send("x").then(() => client.readExactly(1)).then(() => served.push(client), () => gone++);
        }
        await eventually("all of them have a channel", () => served.length === promised);
        assert.equal(back.open, promised);
        assert.equal((await instance.state()).connections, promised, "and control answers");
        assert.ok(descriptorsOf(instance.pid).all < LIMIT - 8);
        for (const client of served.slice()) client[Symbol.dispose]();
        await eventually("the others are served", () => served.length === CLIENTS || served.length === 2 * promised);
        assert.equal(gone, 0);
        assert.doesNotMatch(instance.stderr.text, /resources|beyond/);
      } finally {
        for (const client of clients) client[Symbol.dispose]();
      }
    },
  );
}
