/** Hints of the log about real servers. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { runClient } from "../support/external_server.ts";
import { Instance } from "../support/instance.ts";
import { testWith } from "../support/requirements.ts";
import { haproxy, nginx } from "./proxy_receivers.ts";

/** Connections whose ends prove it. */
const ENOUGH = 10;

for (const [name, kind] of [["nginx", nginx], ["HAProxy", haproxy]] as const) {
  testWith(kind.needs, `the log asks whether ${name} expects a PROXY header when it gets none`, async () => {
    await using server = await kind.start();
    await Promise.all(ENGINES.map(async (engine) => {
      const options = ["--engine", engine, "--log-format", "json"];
      await using instance = await Instance.start([`127.0.0.1:${server.port}`], { options });
      for (let i = 0; i < ENOUGH; i++) {
        await assert.rejects(runClient("curl", "-sS", `http://127.0.0.1:${instance.port}/`));
      }
      const { level, message, hint, group, channel, address, ended } = JSON.parse(await instance.logged(/"hint":/));
      assert.match(
        message,
        /^group 0 channel 0 \(127\.0\.0\.1:\d+\) ends every connection without a byte.*, 10 in \d+ s: does it expect a PROXY header/,
      );
      assert.deepEqual(
        [level, hint, group, channel, address, ended],
        ["warning", "silent-channel", 0, 0, `127.0.0.1:${server.port}`, ENOUGH],
      );
    }));
  });
}
