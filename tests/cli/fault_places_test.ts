/** What is wrong with a service is said in the same words, with its place in the file, whoever finds it. */
import assert from "node:assert/strict";
import { freePorts } from "../support/free_port.ts";
import { FileInstance } from "../support/file_instance.ts";
import { OtherUsers, otherUsers } from "../support/other_users.ts";
import { programPath, run, type RunOptions } from "../support/program.ts";
import { condition, installed, linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** What a start with this file says, by way of `--check-config` or `-f`, and its exit code. */
async function told(file: string, words: readonly string[], options: RunOptions = {}): Promise<[number, string]> {
  using directory = temporaryDirectory();
  const all = [...words, "--control-dir", programPath(directory.path), "--config", programPath(file)];
  const { code, stderr } = await run(all, options);
  return [code, stderr.replace(/^balance: /, "")];
}

/** Checks that all three say this of a file. `^` in a line of the file stands behind the word that is marked. */
async function sameOfAll(
  instance: FileInstance,
  text: string,
  [code, message]: readonly [code: number, message: string],
  options: readonly string[] = [],
  what = "",
): Promise<void> {
  const lines = text.split("\n"), line = lines.findIndex((line) => line.includes("^"));
  const end = lines[line].indexOf("^"), start = lines[line].lastIndexOf(" ", end) + 1;
  lines[line] = lines[line].replace("^", "");
  await instance.write(lines);
  const file = programPath(instance.file);
  const expected = [
    `${file}:${line + 1}:${start + 1}: ${message}`,
    `  ${lines[line]}`,
    `  ${" ".repeat(start)}${"^".repeat(end - start)}\n`,
  ].join("\n");
  // One after the other: each of them opens the ports for a moment.
  assert.deepEqual(await told(instance.file, [...options, "--check-config"]), [code, expected], `a check: ${what}`);
  assert.deepEqual(await told(instance.file, [...options, "-f"]), [code, expected], `a start: ${what}`);
  const reloaded = await instance.run("reload", undefined, ["--strict"]);
  assert.deepEqual([reloaded.code, reloaded.stdout], [1, expected], `a reload: ${what}`);
}

testWith([posix], "a check, a start and a reload say the same of a file, with the place", async () => {
  const port = freePorts(2), at = "-b 127.0.0.1";
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const used = taken.addr.port;
  await using instance = await FileInstance.start([`${at} --name base ${port} 127.0.0.1:1`]);
  const loop = "is this balancer itself: a client would come back without end; give it a limit, as in";
  const cases: readonly (readonly [what: string, text: string, code: number, message: string])[] = [
    [
      "a port in use",
      `# first\ndefaults ${at}\n${port + 1},${used}^ 127.0.0.1:1`,
      71,
      `cannot listen on 127.0.0.1:${used}: the port is in use`,
    ],
    [
      "an address of another machine",
      `${at} -b 192.0.2.1^ ${port + 1} 127.0.0.1:1`,
      71,
      `cannot listen on 192.0.2.1:${port + 1}: the address does not belong to this machine`,
    ],
    [
      "a loop",
      `${at} ${port + 1} 127.0.0.1:1 !\n  127.0.0.1:2 127.0.0.1^`,
      65,
      `channel "127.0.0.1" ${loop} "127.0.0.1::4", or add --allow-loop`,
    ],
    [
      "a source that is not ours",
      `defaults ${at}\nbalance -B 192.0.2.1^ ${port + 1} 127.0.0.1:1`,
      71,
      'cannot connect from "192.0.2.1": the address does not belong to this machine',
    ],
    [
      "an address to listen on that does not resolve",
      `${at} -b 300.1.1.1^ -b localhost ${port + 1} 127.0.0.1:1`,
      64,
      'option -b: cannot resolve host: "300.1.1.1" is not an IPv4 address',
    ],
    [
      "a log of connections in no directory",
      `${at} --connection-log /none/x^ ${port + 1} 127.0.0.1:1`,
      71,
      'cannot open connection log "/none/x": there is no such directory',
    ],
    [
      "a channel that never resolves",
      `${at} ${port + 1} 127.0.0.1:1 ! 127.0.0.1:2 300.1.1.1:80^`,
      65,
      'cannot resolve host: "300.1.1.1" is not an IPv4 address',
    ],
    [
      "a channel that the source cannot reach",
      `${at} -B 127.0.0.1 ${port + 1} [::1]:1^`,
      65,
      'cannot resolve host: "::1" has no IPv4 address, which the source 127.0.0.1 requires',
    ],
  ];
  for (const [what, text, code, message] of cases) await sameOfAll(instance, text, [code, message], [], what);
  const message = `cannot listen on 127.0.0.1:${used}: the port is in use`;
  const line = await instance.logged(/cannot reload .*the port is in use/);
  assert.ok(line.endsWith(`services.conf:3:1: ${message}`), `the log has one line, without the mark: ${line}`);
  await instance.write([`${at} ${used} 127.0.0.1:1`]);
  const [code, text] = await told(instance.file, []);
  assert.equal(code, 71, text);
  assert.ok(text.startsWith(`${programPath(instance.file)}:1:14: ${message}\n`), `in the background: ${text}`);
});

testWith([posix], "an option that the portable engine lacks is marked", async () => {
  const port = freePorts(2), at = "-b 127.0.0.1", options = ["--engine", "portable"];
  await using instance = await FileInstance.start([`${at} --name base ${port} 127.0.0.1:1`], options);
  const lacks = (what: string): [number, string] => [64, `the portable engine has no ${what}`];
  await sameOfAll(instance, `${at} -k 9^ ${port + 1} 127.0.0.1:1`, lacks("keep-alive times"), options);
  await sameOfAll(instance, `${at} --on-deny reset^ ${port + 1} 127.0.0.1:1`, lacks("way to reset clients"), options);
});

testWith(
  [linux, installed("prlimit")],
  "more sockets than descriptors are marked where they become too many",
  async () => {
    const port = freePorts(1), at = "-b 127.0.71.7", few = { before: ["prlimit", "--nofile=256:256"] };
    await using instance = await FileInstance.start([`${at} --name base ${port} 127.0.0.1:1`]);
    assert.ok(
      new Deno.Command("prlimit", { args: ["--pid", `${instance.pid}`, "--nofile=256:256"] }).outputSync().success,
    );
    await instance.write([`${at} 40000 127.0.0.1:1`, `${at} 40001-40250 127.0.0.1:1`]);
    const expected =
      `${instance.file}:2:15: 251 listening sockets are too many for a descriptor limit of 256 (ulimit -n)\n` +
      `  ${at} 40001-40250 127.0.0.1:1\n  ${" ".repeat(14)}${"^".repeat(11)}\n`;
    assert.deepEqual(await told(instance.file, ["--check-config"], few), [71, expected]);
    assert.deepEqual(await told(instance.file, ["-f"], few), [71, expected]);
    assert.equal((await instance.run("reload")).stdout, expected);
  },
);

const privileged = condition(privilegedPorts() > 1, "every user may open low ports here");

testWith([linux, otherUsers, privileged], "a port that needs a permission is marked", async () => {
  using users = new OtherUsers();
  const path = `${users.path}/a.conf`, options = { before: users.before(1234) };
  Deno.writeTextFileSync(path, "defaults -b 127.0.0.1\n1 127.0.0.1:9\n");
  const expected: [number, string] = [
    71,
    `${path}:2:1: cannot listen on 127.0.0.1:1: permission denied\n  1 127.0.0.1:9\n  ^\n`,
  ];
  for (const way of ["--check-config", "-f"]) {
    const { code, stderr } = await run([way, "--control-dir", `${users.path}/run`, "--config", path], options);
    assert.deepEqual([code, stderr.replace(/^balance: /, "")], expected);
  }
});

/** The first port that every user may open. */
function privilegedPorts(): number {
  try {
    return Number(Deno.readTextFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
  } catch {
    return 0;
  }
}
