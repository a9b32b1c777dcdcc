/** A control socket that a process was given, because it could not make one itself. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CollectedText } from "../support/collected_text.ts";
import { within } from "../support/eventually.ts";
import { installed, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const CHILD = fileURLToPath(new URL("./control_socket_child.ts", import.meta.url));

testWith([linux, installed("prlimit")], "who comes while it is out of descriptors is served later", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/socket`, words = ["--nofile=100:100", Deno.execPath(), "run", "-A", CHILD, path];
  const child = new Deno.Command("prlimit", { args: words, stdin: "piped", stdout: "piped" }).spawn();
  const stdout = new CollectedText(child.stdout), input = child.stdin.getWriter();
  const connect = () => Deno.connect({ transport: "unix", path });
  const heard = (one: Deno.UnixConn) => within(30, "wait for an answer", new Response(one.readable).text());
  await stdout.until("full");
  const waiting = [await connect(), await connect()];
  await input.write(new Uint8Array(1));
  await stdout.until("free");
  assert.deepEqual(await Promise.all(waiting.map(heard)), ["here", "here"]);
  assert.equal(await heard(await connect()), "here");
  await input.close();
  await stdout.ended;
  assert.equal((await child.status).code, 0);
});
