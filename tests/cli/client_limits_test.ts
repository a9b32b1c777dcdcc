/** Limits of each client and of all: the program, its log, its file and its control commands. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { upgradable, upgrade } from "../support/upgradable.ts";

for (const engine of ENGINES) {
  testWith(engine === "linux" ? [linux] : [posix], `${engine}: operators see who has reached a limit`, async () => {
    await using backend = namedBackend("x");
    const port = freePorts(1), to = `127.0.0.1:${backend.address.port}`;
    const lines = (limits: string) => [`-b 127.0.0.1 --name web ${limits} ${port} ${to}`];
    await using instance = await FileInstance.start(lines("--max-per-client 2"), ["--engine", engine]);
    using all = new DisposableStack();
    const comes = async () => await all.use(await Client.connect(port)).readText().catch(() => null);
    assert.deepEqual([await comes(), await comes(), await comes()], ["x", "x", null]);
    assert.match(await instance.logged(/refused/), /refused 127\.0\.0\.1: over --max-per-client$/);
    const shown = ["client     c  refused", "127.0.0.1  2        1", ""];
    assert.deepEqual((await instance.control("show clients")).split("\n"), shown);
    assert.deepEqual((await instance.control("show clients 1")).split("\n"), shown);
    assert.deepEqual(JSON.parse(await instance.control("show clients json")), [
      { address: "127.0.0.1", connections: 2, refused: 1 },
    ]);
    assert.equal(await instance.control("unban 127.0.0.1"), "0 rules ended, 1 refused client may connect again\n");
    await instance.write(lines("--max-per-client 3 --rate 100/1"));
    await instance.control("reload");
    assert.deepEqual([await comes(), await comes()], ["x", null]);
    assert.match(await instance.control("show config"), /--max-per-client 3 --rate 100\/1/);
    await instance.write(lines(""));
    await instance.control("reload");
    assert.equal(await comes(), "x");
    const { stdout } = await instance.run("show clients");
    assert.match(
      stdout,
      /^client +c +oldest +sent +rcvd\n127\.0\.0\.1 +4 +\d+s +0B +4B\n$/,
      "without limits, who is there",
    );
  });
}

testWith(
  [linux],
  "clients who wait for --rate come to the new process after an upgrade, and limits begin anew",
  async () => {
    await using backend = namedBackend("x");
    const options = ["--rate", "1/3600,2", "--max-per-client", "3"];
    await using world = await upgradable([`127.0.0.1:${backend.address.port}`], { options });
    const { instance } = world, clients: Client[] = [];
    for (let i = 0; i < 5; i++) clients.push(await Client.connect(instance.port));
    await eventually("a burst is served", () => backend.accepted === 2);
    await upgrade(instance);
    await eventually("and another one", () => backend.accepted === 4);
    assert.match(await instance.control("show clients"), /127\.0\.0\.1 {2}2 {8}0/);
    await instance.untilState("one has to wait", ({ services }) => services[0].access!.paced > 0);
    assert.equal(backend.accepted, 4);
    for (const client of clients) client[Symbol.dispose]();
  },
);
