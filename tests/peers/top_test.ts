/** `--top` in tmux. */
import assert from "node:assert/strict";
import { Instance } from "../support/instance.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { inTmux, Tmux } from "../support/tmux.ts";
import { testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Addresses at which nobody listens, so that channels differ. */
const CHANNELS = ["127.0.0.1:1,name=one", "127.0.0.2:1,name=two", "127.0.0.3:1,name=three"];

const LAST_KEYS = /w why f failed/;

/** The view of an instance, on a terminal of 80 columns and 24 lines. */
async function watched(instance: Instance, env?: Record<string, string>): Promise<Tmux> {
  const tmux = new Tmux(80, 24, env);
  try {
    tmux.start(["--top", String(instance.port), "--control-dir", instance.directory.path]);
    await tmux.until(LAST_KEYS);
    await tmux.until(/three/);
    return tmux;
  } catch (error) {
    tmux[Symbol.dispose]();
    throw error;
  }
}

/** That the terminal is as it was before the program, which has ended with this code. */
async function restored(tmux: Tmux, code: number): Promise<void> {
  await eventually("the program has ended", () => tmux.children().length === 0);
  await eventually("the terminal is as it was", () => tmux.isOrdinary());
  // A killed program's screen may have gone with the shell's prompt on it.
  tmux.type("echo code $?", "Enter");
  const lines = await tmux.until(/^code \d+/m);
  assert.ok(lines.includes(`code ${code}`), lines.join("\n"));
  assert.doesNotMatch(lines.join("\n"), LAST_KEYS);
}

testWith(inTmux, "--top fills 80 columns and 24 lines, and any other size after a change", async () => {
  await using instance = await Instance.start(CHANNELS);
  using tmux = await watched(instance);
  const lines = tmux.screen();
  assert.equal(lines.length, 24);
  assert.match(lines[0], /^balance \d\S* +up .* \d\d:\d\d:\d\d$/);
  assert.equal(lines[0].length, 80);
  assert.match(lines[4], /^> ?0\/0 ● up +one 127\.0\.0\.1:1 /);
  assert.equal(tmux.isOrdinary(), false);
  tmux.resize(140, 30);
  const wide = await tmux.until(/down\/s problem/);
  await tmux.until(/\d\d:\d\d:\d\d\n/);
  assert.equal(wide.length, 30);
  tmux.resize(60, 12);
  await tmux.until(/rate failed connect *\n/);
  assert.equal(tmux.screen().length, 12);
  tmux.type("q");
  await restored(tmux, 0);
});

testWith(inTmux, "--top filters channels, and drains one after a question", async () => {
  await using instance = await Instance.start(CHANNELS);
  using tmux = await watched(instance);
  tmux.type("/two", "Enter");
  const lines = await tmux.until(/^> ?0\/1 ● up +two/m);
  assert.doesNotMatch(lines.join("\n"), /one 127|three 127/);
  tmux.type("d");
  await tmux.until(/^drain channel 0\/1 of \d+ \(two 127\.0\.0\.2:1\).*\? \(y\/n\)/m);
  tmux.type("n");
  await tmux.until(/^nothing was done/m);
  assert.equal((await instance.channel(1)).enabled, true);
  // What comes in one go with the question does not answer it.
  tmux.type("dy");
  await tmux.until(/\(y\/n\)/);
  assert.equal((await instance.channel(1)).enabled, true);
  tmux.type("y");
  await tmux.until(/^channel 1 drained/m);
  await tmux.until(/0\/1 ○ drained +two/);
  assert.deepEqual((await instance.channel(1)).disabledBy, ["drain"]);
  tmux.type("e");
  await tmux.until(/enable channel 0\/1.*\(y\/n\)/);
  tmux.type("y");
  await tmux.until(/0\/1 ● up +two/);
  assert.deepEqual((await instance.channel(1)).disabledBy, []);
  tmux.type("", "Escape");
  await tmux.until(/one 127/);
});

testWith(inTmux, "--top shows failures, where a client would go, and its keys", async () => {
  await using instance = await Instance.start(CHANNELS);
  await instance.answer();
  using tmux = await watched(instance, { LC_ALL: "C" });
  await tmux.until(/x failing +one/);
  tmux.type("f");
  await tmux.until(/^1 connection ended badly since the start: 1 refused/m);
  tmux.type("w192.0.2.1", "Enter");
  await tmux.until(/^192\.0\.2\.1 to port \d+ of service \d+ comes in/m);
  tmux.type("?");
  const lines = await tmux.until(/^Keys/m);
  assert.ok(lines.some((line) => line.startsWith("  x failing: ")));
  tmux.type("", "C-c");
  await restored(tmux, 0);
});

testWith(inTmux, "--top leaves the terminal as it was, however it is ended", async () => {
  await using instance = await Instance.start(CHANNELS);
  for (const [signal, number] of [["SIGTERM", 15], ["SIGHUP", 1], ["SIGKILL", 9]] as const) {
    using tmux = await watched(instance);
    const [pid] = tmux.children();
    Deno.kill(pid, signal);
    await restored(tmux, 128 + number);
  }
});

testWith(inTmux, "--top says when the instance has ended, and goes on with the next one", async () => {
  using directory = temporaryDirectory();
  const port = freePort();
  await using first = await Instance.start(CHANNELS, { directory, port });
  using tmux = await watched(first);
  await first[Symbol.asyncDispose]();
  await tmux.until(/^the instance has ended; waits/m);
  assert.match(tmux.screen().join("\n"), /three/);
  await using _second = await Instance.start([...CHANNELS, "127.0.0.4:1,name=four"], { directory, port });
  const lines = await tmux.until(/up +four/);
  assert.doesNotMatch(lines.join("\n"), /has ended/);
});
