/** Control of a real process with a file of services. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { CollectedText } from "../support/collected_text.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { programPath, run, spawn } from "../support/program.ts";
import { linux, posix, testWith } from "../support/requirements.ts";
import { upgradedTo } from "../support/upgradable.ts";

/** The services web, on two ports, and mail, on one; both with the same back end. */
async function start(
  backend: number,
): Promise<{ instance: FileInstance; port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const port = freePorts(3);
  const instance = await FileInstance.start([
    "defaults -b 127.0.0.1",
    `balance --name web ${port}-${port + 1} 127.0.0.1:${backend} ! 127.0.0.1:${backend}`,
    `balance --name mail ${port + 2} 127.0.0.1:${backend}`,
  ]);
  return { instance, port, [Symbol.asyncDispose]: () => instance[Symbol.asyncDispose]() };
}

Deno.test("what is done to one service is done to no other, and the log names it", async () => {
  await using back = namedBackend("here");
  await using process = await start(back.port);
  const { instance, port } = process;
  assert.equal(
    await instance.control(["disable 0", "group 1", "disable 0"], port + 1),
    "channel 0 disabled\n".repeat(2),
  );
  assert.deepEqual([await answerOn(port), await answerOn(port + 1), await answerOn(port + 2)], ["", "", "here"]);
  assert.match(
    await instance.logged(/control: disable 0 .*group 1/),
    /disable 0 \(service web group 1\): channel 0 disabled/,
  );
  assert.equal(
    await instance.control(["service mail", "disable 0", "service web", "enable 0"]),
    "channel 0 disabled\nchannel 0 enabled\n",
  );
  assert.deepEqual([await answerOn(port), await answerOn(port + 2)], ["here", ""]);
  assert.equal(await instance.control("mrtg-conns 0 0", "mail"), "1\nUNKNOWN\nUNKNOWN\ngroup 0 channel 0\n");
});

testWith([posix], "show, services and --list have every service with its ports", async () => {
  await using back = namedBackend("here");
  await using process = await start(back.port);
  const { instance, port } = process, range = `${port}-${port + 1}`;
  assert.equal(await answerOn(port + 2), "here");
  const table = await instance.control("show");
  assert.match(
    table,
    new RegExp(
      `^service web on ports ${range}\nGRP .*\n(.* ENA .*\n){2}service mail on port ${port + 2}\nGRP .*\n.* ENA .*\n$`,
    ),
  );
  assert.match(await instance.control("show", "mail"), /^service web /, "show has all of them");
  assert.match(await instance.control("show mail"), /^GRP .*\n {2}0 {3}RR {2}0 ENA .* 1 {4}0 +0 +4\n$/);
  assert.match(await instance.control("services"), new RegExp(`\nweb +${range} +2/2 +0\nmail +${port + 2} +1/1 +0\n$`));
  const directory = programPath(instance.directory);
  const { stdout } = await run(["--list", "--control-dir", directory]);
  assert.match(
    stdout,
    new RegExp(`\nconfig-${instance.pid} .* 3 of 3 enabled\n {2}web on ${range} .* 2 of 2 enabled\n {2}mail on `),
  );
  const { instances: [{ config, services }] } = JSON.parse(
    (await run(["--list", "--json", "--control-dir", directory])).stdout,
  );
  assert.deepEqual([config, services.length], [programPath(instance.file), 2]);
});

Deno.test("kill ends the whole process, whichever service it is asked for", async () => {
  await using back = namedBackend("here");
  await using process = await start(back.port);
  const { instance, port } = process;
  assert.equal(await instance.control("kill", "mail"), "shutdown complete, exiting.\n");
  assert.equal(await instance.ended(), 0);
  const { code, stderr } = await instance.run("show", port);
  assert.deepEqual([code, stderr.split("\n").length], [69, 3]);
});

testWith([linux], "a session goes on in its service with the process that an upgrade starts", async () => {
  await using back = namedBackend("here");
  await using process = await start(back.port);
  const { instance, port } = process;
  const said = await instance.control(["disable 0", "upgrade", "enable 0", "service", "show", "kill"], "mail");
  const [disabled, upgraded, enabled, name, ...more] = said.trimEnd().split("\n");
  assert.deepEqual([disabled, enabled, name], ["channel 0 disabled", "channel 0 enabled", "mail"]);
  assert.notEqual(upgradedTo(upgraded), instance.pid);
  assert.match(more.join("\n"), /service mail .*\nGRP .*\n.* ENA .*\nshutdown complete, exiting\.$/);
  assert.equal((await instance.run("show", port)).code, 69);
});

Deno.test("a session whose service a reload removes reaches no other, and has it back with another reload", async () => {
  await using back = namedBackend("here");
  await using process = await start(back.port);
  const { instance, port } = process, lines = (await Deno.readTextFile(instance.file)).trimEnd().split("\n");
  const child = spawn(["-i", "mail", "--control-dir", programPath(instance.directory)], {}, "piped");
  const stdout = new CollectedText(child.stdout), stderr = new CollectedText(child.stderr);
  const writer = child.stdin.getWriter();
  const ask = async (line: string) => {
    const from = stdout.text.length;
    await writer.write(new TextEncoder().encode(line + "\n"));
    await stdout.until(/balance\[\d+\] $/, from);
    return stdout.text.slice(from);
  };
  await stdout.until("balance[0] ");
  assert.equal(await ask("service"), "mail\nbalance[0] ");
  await instance.write(lines.slice(0, 2));
  const reload = await instance.run("reload", undefined, ["--strict"]);
  assert.equal(reload.code, 0, reload.stdout);
  const gone = 'service "mail" has been removed; choose another with: service NAME\nbalance[0] ';
  assert.equal(await ask("disable 0"), gone);
  assert.equal(await ask("service"), gone);
  assert.equal(await answerOn(port), "here", "nothing was done to web");
  assert.match((await instance.run("show", "mail")).stderr, /no service "mail" \(port 25\) is running/);
  await instance.write(lines);
  assert.equal((await instance.run("reload", undefined, ["--strict"])).code, 0);
  assert.equal(await ask("disable 0"), "channel 0 disabled\nbalance[0] ");
  assert.deepEqual([await answerOn(port), await answerOn(port + 2)], ["here", ""]);
  await writer.close();
  await Promise.all([child.status, stdout.ended, stderr.ended]);
  assert.equal(stderr.text, "");
});
