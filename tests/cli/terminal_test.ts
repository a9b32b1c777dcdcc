/** `-i` on a pseudo-terminal. */
import assert from "node:assert/strict";
import { Instance } from "../support/instance.ts";
import { testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { Terminal, terminals } from "../support/terminal.ts";

const PROMPT = /balance\[\d+\] (?:\x1b\[\d*[A-Z])*$/, UP = "\x1b[A", CTRL_C = "\x03", CTRL_D = "\x04";

/** A dialogue with an instance. `XDG_STATE_HOME` says where its history is. */
async function dialogue(instance: Instance, env: Record<string, string>): Promise<Terminal> {
  const args = ["-i", "--control-dir", instance.directory.path, String(instance.port)];
  const terminal = new Terminal(args, { NO_COLOR: "", ...env });
  await terminal.screen.until(PROMPT);
  return terminal;
}

testWith(terminals, "a dialogue on a terminal runs commands and ends at quit", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  assert.match(terminal.screen.text, /interactive command shell\r\nPID of master process is \d+\r\n/);
  assert.match(await terminal.type("show\r", /\n.*127\.0\.0\.1[^\n]*\r\n/), / {2}0 {3}RR {2}0 ENA/);
  await terminal.type("group 7\r", "balance[7] ");
  assert.match(await terminal.type("nonsense\r", "help lists the commands"), /syntax error/);
  assert.match(await terminal.type("maxc 0\r", "usage: maxc CH N"), /syntax error/);
  assert.equal(await terminal.typeLast("quit\r"), 0);
});

testWith(terminals, "the history is kept from one use to the next, for its owner only", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  {
    await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
    await terminal.type("disable 0\r", "channel 0 disabled");
    await terminal.type("version\r", "MAXCHANNELS=64");
    assert.equal(await terminal.typeLast(CTRL_D), 0);
  }
  {
    await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
    await terminal.type(UP, "version");
    await terminal.type(UP, "disable 0");
    await terminal.type("\r", "channel 0 already disabled");
    assert.equal(await terminal.typeLast("quit\r"), 0);
  }
  const path = `${state.path}/balance/history`;
  assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  assert.deepEqual(Deno.readTextFileSync(path).split("\n").slice(-4), ["version", "disable 0", "quit", ""]);
});

testWith(terminals, "Tab completes commands, groups and channel numbers, new ones too", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  // A Tab counts when it comes as the last key of a piece; inside a pasted one it is text.
  await terminal.type("ver\t", "version ");
  await terminal.type("\r", /MAXCHANNELS=64[^]*balance\[0\] /);
  await terminal.type("mr\t", "mrtg-");
  await terminal.type("\t", /mrtg-bytes\s+mrtg-conns[^]*balance\[0\] mrtg-/);
  await terminal.type("b\t", "ytes ");
  await terminal.type("\t", "0 ");
  await terminal.type("0\r", /group 0 channel 0[^]*balance\[0\] /);
  await terminal.type("disa\t", "disable ");
  await terminal.type("\t", "0 ");
  await terminal.type("\r", /channel 0 disabled[^]*balance\[0\] /);
  await terminal.type("create 127.0.0.1 2\r", /channel created[^]*balance\[0\] /);
  await terminal.type("enable 1", "enable 1");
  // What shows that the number is complete is the space behind it, and the cursor two columns on.
  await terminal.type("\t", " ");
  await terminal.type("\r", /channel 1 enabled[^]*balance\[0\] /);
  await terminal.type("group 0\t", "group 0 ");
  await terminal.type("\r", "balance[0] ");
  await terminal.type("show j\t", "show json ");
  await terminal.type("\r", /\{"version"[^]*balance\[0\] /);
  assert.equal(await terminal.typeLast(CTRL_D), 0);
});

testWith(terminals, "Ctrl-D ends the dialogue while a command is still running, too", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  // The name service takes its time to say that there is no such name.
  assert.equal(await terminal.typeLast(`create no-such-host.invalid 80\r${CTRL_D}`), 0);
});

testWith(terminals, "Ctrl-C drops the line and goes on, Ctrl-D ends the dialogue", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  await terminal.type("disable 0", "disable 0");
  await terminal.type(CTRL_C, PROMPT);
  assert.match(await terminal.type("version\r", "MAXCHANNELS=64"), /This is balance/);
  await terminal.screen.until(PROMPT);
  assert.equal((await instance.channel(0)).enabled, true, "the line that was dropped was not run");
  assert.equal(await terminal.typeLast(CTRL_D), 0);
});

testWith(terminals, "disabled channels are red on a terminal, unless NO_COLOR is set", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1", "127.0.0.1:2"]);
  await instance.control("disable 1");
  {
    await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
    const table = await terminal.type("show\r", / {2}0 {3}RR {2}1 [^\n]*\n/);
    assert.match(table, /\x1b\[31m {2}0 {3}RR {2}1 dis [^\n]*\x1b\[39m\r\n/);
    assert.doesNotMatch(table, /\x1b\[31m {2}0 {3}RR {2}0/);
    assert.equal(await terminal.typeLast(CTRL_D), 0);
  }
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path, NO_COLOR: "1" });
  const table = await terminal.type("show\r", / {2}0 {3}RR {2}1 [^\n]*\n/);
  assert.match(table, / {2}0 {3}RR {2}1 dis /);
  assert.doesNotMatch(terminal.screen.text, /\x1b\[3\dm/);
  assert.equal(await terminal.typeLast(CTRL_D), 0);
});

testWith(terminals, "lines that come all at once, as when pasted, are all run in order", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  await terminal.type("disable 0\renable 0\rmaxc 0 5\rgroup 4\r", "balance[4] ");
  const replies = terminal.screen.text.match(/channel 0 disabled|channel 0 enabled|maxc of channel 0 changed to 5/g);
  assert.deepEqual(replies, ["channel 0 disabled", "channel 0 enabled", "maxc of channel 0 changed to 5"]);
  assert.equal(await terminal.typeLast("quit\r"), 0);
});

testWith(terminals, "kill ends the dialogue on a terminal, too", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  assert.equal(await terminal.typeLast("kill\r"), 0);
  assert.match(terminal.screen.text, /shutdown complete, exiting\.\r\n/);
  assert.equal(await instance.ended(), 0);
});

testWith(terminals, "a history that cannot be kept does no harm", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: "/proc/self/no-such-place" });
  await terminal.type("disable 0\r", "channel 0 disabled");
  assert.equal(await terminal.typeLast("quit\r"), 0);
});

testWith(terminals, "without XDG_STATE_HOME the history is under HOME", async () => {
  using home = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  // From source, Deno's own cache must stay where it is.
  const DENO_DIR = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
  await using terminal = await dialogue(instance, { HOME: home.path, XDG_STATE_HOME: "", DENO_DIR });
  await terminal.type("version\r", "MAXCHANNELS=64");
  assert.equal(await terminal.typeLast(CTRL_D), 0);
  assert.equal(Deno.readTextFileSync(`${home.path}/.local/state/balance/history`), "version\n");
});

testWith(terminals, "help is coloured on a terminal only", async () => {
  await using coloured = new Terminal(["--help"], { NO_COLOR: "" });
  assert.equal(await coloured.ended(), 0);
  assert.match(coloured.screen.text, /\x1b\[1mbalance\x1b\[22m/);
  await using plain = new Terminal(["--help"], { NO_COLOR: "1" });
  assert.equal(await plain.ended(), 0);
  assert.doesNotMatch(plain.screen.text, /\x1b\[\d*m/);
});
