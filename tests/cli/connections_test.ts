/** `show connections`, `close`, and what `show json` says of how connections fare: the program and its client. */
import assert from "node:assert/strict";
import type { RecordState } from "../../mod.ts";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { Instance } from "../support/instance.ts";
import { RefusingPort } from "../support/refusing_port.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { Terminal, terminals } from "../support/terminal.ts";

for (const engine of ENGINES) {
  testWith(
    engine === "linux" ? [linux] : [posix],
    `${engine}: an operator sees each connection, and closes it`,
    async () => {
      await using backend = namedBackend("hello");
      await using instance = await Instance.start([`127.0.0.1:${backend.port},name=web1`], {
        options: ["--engine", engine],
      });
      using all = new DisposableStack();
      const clients: Client[] = [];
      for (let i = 0; i < 3; i++) {
        clients.push(all.use(await Client.connect(instance.port)));
        assert.equal(await clients[i].readText(), "hello");
      }
      const [heading, ...lines] = (await instance.control("show connections")).trimEnd().split("\n");
      assert.match(heading, /^id +client +GRP +# channel +age connect 1st byte +sent +rcvd$/);
      assert.equal(lines.length, 3);
      const ids = lines.map((line) => {
        const [id, client, group, channel, address] = line.split(/ +/);
        assert.deepEqual([group, channel, address], ["0", "0", `127.0.0.1:${backend.port}`]);
        assert.match(client, /^127\.0\.0\.1:\d+$/);
        return id;
      });
      const { connections: json }: { connections: RecordState[] } = JSON.parse(
        await instance.control("show connections channel web1 client 127.0.0.1 json"),
      );
      assert.deepEqual(json.map(({ id }) => id), ids, "the oldest first");
      assert.deepEqual(json.map(({ name, end }) => [name, end]), Array(3).fill(["web1", "open"]));
      assert.equal(await instance.control("show connections older 3600"), heading + "\n");

      assert.equal(await instance.control(`close ${ids[1]}`), `connection ${ids[1]} closed\n`);
      assert.equal(await clients[1].readText().catch(() => null), null);
      const { code, stdout } = await instance.run(["-c", `close ${ids[1]}`]);
      assert.deepEqual([code, stdout], [1, `no such connection "${ids[1]}"\n`]);
      assert.match(
        await instance.logged(/control: close/),
        new RegExp(`control: close ${ids[1]} .*: connection ${ids[1]} closed`),
      );
      // A dialogue through a pipe gets the same.
      const [shown, none, two] = await instance.dialogue("show connections", "close client ::1", "close channel 0");
      assert.match(shown, new RegExp(`^${heading}\n${ids[0]} .*\n${ids[2]} .*\n$`));
      assert.deepEqual([none, two], ["0 connections closed\n", "2 connections closed\n"]);
      await instance.untilState("all are closed", ({ connections }) => connections === 0);
    },
  );
}

testWith(
  terminals,
  "on a terminal, show says what is wrong with a channel, and a pipe still gets Balance's table",
  async () => {
    await using backend = namedBackend("x");
    using dead = await RefusingPort.take();
    await using instance = await Instance.start([`127.0.0.1:${backend.port}`, `127.0.0.1:${dead.port}`]);
    await instance.answers(2);
    await instance.untilState("a connect has failed", ({ groups: [{ channels: [, other] }] }) => other.failing);
    const { groups: [{ channels: [one, other] }] } = await instance.state();
    assert.deepEqual([one.lastError, one.failuresInARow, one.times.connect!.count > 0], [null, 0, true]);
    assert.deepEqual([other.lastError!.result, other.lastError!.reason], ["refused", "connection refused"]);
    assert.ok(other.failuresInARow > 0 && Date.parse(other.failingSince!) <= Date.now());
    const args = ["-c", "show", "--control-dir", instance.directory.path, String(instance.port)];
    await using terminal = new Terminal(args, { NO_COLOR: "1" }, 120);
    assert.equal(await terminal.ended(), 0);
    assert.match(terminal.screen.text, /^GRP Type # state +ip-address +port c totalc.* failed rate connect/m);
    assert.match(
      terminal.screen.text,
      /\n {10}(last connect failed|failing) .*: connection refused[^\r]*\r\n/,
    );
    assert.match(
      await instance.control("show"),
      /^GRP Type {2}# {3}S {7}ip-address {2}port {4}c {6}totalc maxc .*\n.*\n.*\n$/,
    );
  },
);
