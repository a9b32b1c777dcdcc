/** `-i` through a pipe: byte for byte what Balance prints, so that programs can drive it. */
import assert from "node:assert/strict";
import { CollectedText } from "../support/collected_text.ts";
import { Instance } from "../support/instance.ts";
import { nobodyThere } from "../support/nobody_there.ts";
import { killQuietly, programPath, spawn, version } from "../support/program.ts";
import { notUnderWine, testWith } from "../support/requirements.ts";

const TABLE = "GRP Type  #   S       ip-address  port    c      totalc maxc        sent        rcvd\n" +
  "  0   RR  0 ENA        127.0.0.1 18101    0           0    0           0           0\n";

/** What a dialogue prints for some input. */
async function output(instance: Instance, stdin: string): Promise<string> {
  const { code, stdout, stderr } = await instance.run(["-i"], { stdin });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

async function banner(instance: Instance): Promise<string> {
  const { pid } = await instance.state();
  return `\nbalance ${version} interactive command shell\nPID of master process is ${pid}\n\n`;
}

Deno.test("a dialogue through a pipe has Balance's banner, prompts and replies", async () => {
  await using instance = await Instance.start(["127.0.0.1:18101"]);
  const input = "show\ndisable 0\n\nnonsense\ngroup 3\ncreate 127.0.0.1 7\ngroup 0\nquit\nshow\n";
  assert.equal(
    await output(instance, input),
    await banner(instance) +
      `balance[0] ${TABLE}` +
      "balance[0] channel 0 disabled\n" +
      "balance[0] " +
      "balance[0] syntax error\n" +
      "balance[0] " +
      "balance[3] channel created\n" +
      "balance[3] " +
      "balance[0] ",
  );
});

Deno.test("the end of the input ends the dialogue, even in the middle of a line", async () => {
  await using instance = await Instance.start(["127.0.0.1:18101"]);
  const head = await banner(instance);
  assert.equal(await output(instance, ""), `${head}balance[0] `);
  assert.equal(await output(instance, "group 1\n"), `${head}balance[0] balance[1] `);
  assert.equal(await output(instance, "show"), `${head}balance[0] ${TABLE}balance[0] `);
  assert.equal(
    await output(instance, "show\r\ndisable 0\r\n"),
    `${head}balance[0] ${TABLE}balance[0] channel 0 disabled\nbalance[0] `,
  );
});

Deno.test("kill ends the dialogue and the instance", async () => {
  await using instance = await Instance.start(["127.0.0.1:18101"]);
  const head = await banner(instance);
  assert.equal(await output(instance, "kill\nshow\n"), `${head}balance[0] shutdown complete, exiting.\n`);
  assert.equal(await instance.ended(), 0);
});

testWith([notUnderWine], "each reply arrives before the next command is sent", async () => {
  await using instance = await Instance.start(["127.0.0.1:18101"]);
  const child = spawn(["-i", "--control-dir", programPath(instance.directory.path)], {}, "piped");
  const stdout = new CollectedText(child.stdout), stderr = new CollectedText(child.stderr);
  const writer = child.stdin.getWriter();
  try {
    await stdout.until("balance[0] ");
    const talk: [string, string][] = [
      ["disable 0", "channel 0 disabled\nbalance[0] "],
      ["group 5", "balance[5] "],
      ["show", TABLE.replace("ENA", "dis") + "balance[5] "],
      ["group 0", "balance[0] "],
      ["enable 0", "channel 0 enabled\nbalance[0] "],
    ];
    for (const [command, reply] of talk) {
      const before = stdout.text.length;
      await writer.write(new TextEncoder().encode(command + "\n"));
      await stdout.until(/balance\[\d+\] $/, before);
      assert.equal(stdout.text.slice(before), reply);
    }
  } finally {
    await writer.close().catch(() => {});
    if ((await Promise.all([child.status, stdout.ended, stderr.ended]))[0].code !== 0) killQuietly(child);
  }
  assert.equal(stderr.text, "");
});

Deno.test("if the instance ends during a dialogue, one clear line says so, with code 69", async () => {
  await using instance = await Instance.start(["127.0.0.1:18101"]);
  const child = spawn(["-i", "--control-dir", programPath(instance.directory.path)], {}, "piped");
  const stdout = new CollectedText(child.stdout), stderr = new CollectedText(child.stderr);
  const writer = child.stdin.getWriter();
  await stdout.until("balance[0] ");
  assert.equal(await instance.control("kill"), "shutdown complete, exiting.\n");
  assert.equal(await instance.ended(), 0);
  await writer.write(new TextEncoder().encode("show\n"));
  const [{ code }] = await Promise.all([child.status, stdout.ended, stderr.ended]);
  await writer.close().catch(() => {});
  assert.equal(code, 69);
  // Either message, depending on whether it noticed the end of its session before the command came.
  assert.ok([nobodyThere(instance.directory), "balance: the instance closed the session\n"].includes(stderr.text));
});

testWith([notUnderWine], "a line that is too long is refused, and the next one is a command again", async () => {
  await using instance = await Instance.start(["127.0.0.1:18101"]);
  const refused = "balance[0] line too long, at most 4096 bytes\n";
  assert.equal(
    await output(instance, `${"x".repeat(5_000)}\n${"é".repeat(2_000_000)}\ngroup 2\n`),
    await banner(instance) + refused + refused + "balance[0] balance[2] ",
  );
});
