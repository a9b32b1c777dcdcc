/** Groups for some clients, from a file of services: served, shown, reloaded, saved and upgraded. */
import assert from "node:assert/strict";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { clientHello } from "../support/client_hello.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { run } from "../support/program.ts";
import { linux, posix, testWith } from "../support/requirements.ts";

/** The back end that a client with these first words is led to; null if it is refused. */
async function ledTo(port: number, words?: string | Uint8Array): Promise<string | null> {
  using client = await Client.connect(port);
  if (words !== undefined) await client.send(words);
  return await client.readText();
}

const HTTP = "GET / HTTP/1.0\r\n\r\n";

testWith([posix], "conditions of groups are served, shown, compared, reloaded and saved", async () => {
  const port = freePorts(2), [a, b, c, d] = ["A", "B", "C", "D"].map((name) => namedBackend(name));
  await using _1 = a;
  await using _2 = b;
  await using _3 = c;
  await using _4 = d;
  const at = (backend: { readonly port: number }) => `127.0.0.1:${backend.port}`;
  const lines = (first: string, rest: string) => [
    "defaults -b 127.0.0.1 --preamble-timeout 0.05",
    `balance --name web ${port},${port + 1} ${first} ${at(a)} ! sni=www.example.com,*.example.org   ${at(b)}`,
    `  ! proto=http ${at(c)} ! ${rest}  # the rest`,
  ];
  const before = lines(`port=${port + 1}`, `proto=none ${at(d)}`);
  await using instance = await FileInstance.start(before);
  const led = async () => [
    await ledTo(port + 1),
    await ledTo(port, clientHello({ serverName: "WWW.example.com" })),
    await ledTo(port, clientHello({ serverName: "a.example.org" })),
    await ledTo(port, HTTP),
    await ledTo(port),
  ];
  assert.deepEqual(await led(), ["A", "B", "B", "C", "D"]);
  assert.equal(await ledTo(port, "SSH-2.0-x\r\n"), null);
  const shown = await instance.control("show config");
  assert.ok(shown.includes(` ${port},${port + 1} port=${port + 1} ${at(a)} \\\n`), shown);
  assert.ok(shown.includes(`! 'sni=www.example.com,*.example.org' ${at(b)} \\\n`), shown);
  assert.ok(shown.endsWith(`! proto=none ${at(d)}\n`), shown);
  // What is saved unchanged keeps its lines.
  await instance.control("save");
  assert.equal(await Deno.readTextFile(instance.file), before.join("\n") + "\n");

  const after = lines("from=192.0.2.0/24,::1 proto=ssh", at(d));
  await instance.write(after);
  const changes = [
    'service "web": group 0: from not given → 192.0.2.0/24,::1',
    `service "web": group 0: port ${port + 1} → not given`,
    'service "web": group 0: proto not given → ssh',
    'service "web": group 3: proto none → not given',
    "",
  ].join("\n");
  assert.equal((await run(["--diff", "--control-dir", instance.directory])).stdout, changes);
  assert.equal(await instance.control("reload"), changes);
  assert.deepEqual(await led(), ["D", "B", "B", "C", "D"]);
  assert.equal(await ledTo(port, "SSH-2.0-x\r\n"), "D");

  await instance.control(["group 2", `create 127.0.0.1 ${d.port}`, "enable 1", "save"]);
  const { groups: [, , { channels }] } = JSON.parse(await instance.control("show json"));
  assert.equal(channels.length, 2);
  const saved = await Deno.readTextFile(instance.file);
  assert.ok(saved.includes("from=192.0.2.0/24,::1 proto=ssh "), saved);
  assert.ok(saved.includes(`! proto=http ${at(c)} ${at(d)} `), saved);
  assert.equal(await instance.control("reload"), "nothing has changed\n");
});

testWith([linux], "an upgrade keeps groups for the clients that the file says", async () => {
  const port = freePorts(1);
  await using a = namedBackend("A");
  await using b = namedBackend("B");
  const line = (name: string) => `-b 127.0.0.1 ${port} sni=${name} 127.0.0.1:${a.port} ! 127.0.0.1:${b.port}`;
  await using instance = await FileInstance.start([line("old.example")], ["--engine", "linux"]);
  const hello = (serverName: string) => ledTo(port, clientHello({ serverName }));
  assert.deepEqual([await hello("old.example"), await hello("new.example")], ["A", "B"]);
  await instance.write([line("new.example")]);
  const { code, stderr } = await instance.run("upgrade", undefined, ["--strict"]);
  assert.deepEqual([code, stderr], [0, ""]);
  try {
    assert.deepEqual([await hello("old.example"), await hello("new.example")], ["B", "A"]);
  } finally {
    await instance.run("kill");
  }
});
