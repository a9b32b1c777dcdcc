/** Programs that run from source, and whose source is replaced or removed meanwhile. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { get } from "../support/http.ts";
import { Instance } from "../support/instance.ts";
import { ProgramCopy } from "../support/program_copy.ts";
import { condition, linux, posix, testWith } from "../support/requirements.ts";

const fromSource = condition(!Deno.env.has("BALANCE_PROGRAM"), "a compiled program has its files in it");

testWith([posix, fromSource], "operators are answered although the program's files change or go", async () => {
  using copy = new ProgramCopy();
  await using instance = await Instance.start(["127.0.0.1:1"], {
    before: copy.before,
    options: ["--engine", "portable", "-t", "1"],
  });
  // As if another version had been unpacked over this one, in which a part that is not loaded yet needs more of others.
  copy.edit("src/control/services_table.ts", "export ", 'export { missing } from "../log/escape.ts";\nexport ');
  const refusal = /^the program's files are another version's by now, .* upgrade first\n/;
  assert.match(await instance.control("services\nversion"), refusal);
  await Deno.remove(`${copy.path}/src`, { recursive: true });
  assert.equal(await instance.answer(), "", "the channel refuses");
  assert.match(await instance.control("show failed"), /refused/);
  assert.match(await instance.control("why 127.0.0.1"), /127\.0\.0\.1:1/);
  assert.match(await instance.control("show connections"), /^[^\n]*\n/);
  assert.match(await instance.control("show latency"), /\d/);
  assert.match(await instance.control("show metrics"), /^# HELP /);
  assert.match(await instance.control("deny 127.0.0.9"), /127\.0\.0\.9/);
});

testWith([linux, fromSource], "a reload can ask for anything although the program's files are gone", async () => {
  using copy = new ProgramCopy();
  await using back = namedBackend("here");
  const port = freePorts(2), service = `-b 127.0.0.1 --name web ${port} 127.0.0.1:${back.port}`;
  await using instance = await FileInstance.start([service], ["--engine", "linux"], {}, copy.before);
  await Deno.remove(`${copy.path}/src`, { recursive: true });
  const log = `${instance.directory}/connections.log`;
  await instance.write([
    `process --metrics ${port + 1}`,
    `--check tcp --rise 1 --connection-log=${log} --connection-log-format text ${service}`,
  ]);
  assert.match(await instance.control("reload"), /check off → tcp/);
  assert.equal(await answerOn(port), "here");
  assert.match((await get(port + 1, "/metrics")).body, /^# HELP /);
  await instance.write([`process --web ${port + 1}`, service]);
  assert.match(await instance.control("reload"), /^cannot read the page from the program's files: no such file/);
  await instance.control("kill");
  await instance.ended();
  assert.match(await Deno.readTextFile(log), /127\.0\.0\.1/);
});
