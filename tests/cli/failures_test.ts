/** Connections that did not end well, as the program remembers them. */
import assert from "node:assert/strict";
import type { FailuresState } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { echoBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { ResettingBackend } from "../support/resetting.ts";

/** What is remembered, once it is as wanted. */
async function remembered(
  instance: FileInstance,
  wanted: (state: FailuresState) => boolean,
  words = "",
): Promise<FailuresState> {
  for (const end = performance.now() + 30_000;;) {
    const state: FailuresState = JSON.parse(await instance.control(`show failed ${words} json`));
    if (wanted(state)) return state;
    assert.ok(performance.now() < end, `still not all there: ${JSON.stringify(state.ended)}`);
  }
}

const has = (count: number) => ({ failed }: FailuresState) => failed.length >= count;

for (const engine of ENGINES) {
  const needs = engine === "linux" ? [linux] : [posix];

  testWith(
    needs,
    `${engine}: each connection that fails is remembered, with its reason and what was tried`,
    async () => {
      using dead = await RefusingPort.take();
      await using resetting = await ResettingBackend.listen(new TextEncoder().encode("x"), "when told");
      await using echo = echoBackend();
      const first = freePorts(2), [web, mail] = [first, first + 1];
      await using instance = await FileInstance.start([
        `-b 127.0.0.1 --name web ${web} 127.0.0.1:${dead.port},name=dead ! 127.0.0.1:${resetting.address.port}`,
        `-b 127.0.0.1 --name mail --deny 127.0.0.1 ${mail} 127.0.0.1:${echo.port}`,
      ], ["--engine", engine]);
      assert.equal(await instance.control("show failed"), "no connection has failed\n");
      const client = await Client.connect(web);
      await client.readExactly(1);
      resetting.resetAll();
      await client.readToEnd().catch(() => {});
      client[Symbol.dispose]();
      await remembered(instance, has(1));
      assert.equal(await answerOn(mail).catch(() => ""), "");
      const { failed: [reset, denied], ended, lost } = await remembered(instance, has(2));
      assert.deepEqual([ended, lost], [{ "channel-reset": 1, "denied": 1 }, 0]);
      assert.deepEqual(
        [reset.service, reset.group, reset.channel, reset.address, reset.end, reset.by, reset.down],
        ["web", 1, 0, `127.0.0.1:${resetting.address.port}`, "channel-reset", "channel", 1],
      );
      assert.deepEqual(
        reset.attempts.map(({ group, channel, address, result }) => [group, channel, address, result]),
        [[0, 0, `127.0.0.1:${dead.port}`, "refused"], [1, 0, `127.0.0.1:${resetting.address.port}`, "connected"]],
      );
      assert.deepEqual([denied.service, denied.end, denied.by, denied.channel], ["mail", "denied", "balance", null]);
      // Those of a channel: what had it, or tried it.
      assert.deepEqual((await remembered(instance, has(1), "channel dead")).failed, [reset]);
      assert.deepEqual((await remembered(instance, has(1), "1")).failed, [denied]);
      const table = (await instance.control("show failed")).trimEnd().split("\n");
      assert.match(table[0], /^ *ago {2}id +service +client +GRP +# +address +after +sent +rcvd +end +why$/);
      assert.match(
        table[1],
        / web .* 1 {2}0 {2}127\.0\.0\.1:\d+ .* 0B +1B +channel-reset +the channel reset the connection$/,
      );
      assert.match(table[2], / mail .* - {2}- {2}- .* denied +denied by the access list$/);
      assert.match(table[3], /^2 connections failed since the start: 1 channel-reset, 1 denied$/);
    },
  );

  testWith(needs, `${engine}: a flood of clients that may not come in hides no other failure`, async () => {
    using dead = await RefusingPort.take();
    const first = freePorts(2), [web, mail] = [first, first + 1];
    await using instance = await FileInstance.start([
      `-b 127.0.0.1 --name web ${web} 127.0.0.1:${dead.port}`,
      `-b 127.0.0.1 --name mail --deny all ${mail} 127.0.0.1:${dead.port}`,
    ], ["--engine", engine]);
    assert.equal(await answerOn(web).catch(() => ""), "");
    await remembered(instance, has(1));
    const flood = async () => {
      for (let i = 0; i < 150; i++) (await Client.connect(mail))[Symbol.dispose]();
    };
    // Where nobody has the time to take them, clients that were denied leave no records.
    for (let floods = 1;; floods++) {
      await Promise.all(Array.from({ length: 8 }, flood));
      const all = ({ ended: { denied = 0, "left-early": left = 0 } }: FailuresState) => denied + left >= floods * 1_200;
      const { failed, ended } = await remembered(instance, all);
      assert.deepEqual([failed.filter(({ end }) => end === "refused").length, ended.refused], [1, 1]);
      if (failed.length === 1_000) break;
      assert.ok(floods < 5, `${failed.length} are remembered`);
    }
  });
}
