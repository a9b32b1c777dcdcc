/** `-i` on a pseudo-terminal. */
import assert from "node:assert/strict";
import { FileProcess, service } from "../support/file_process.ts";
import { Instance } from "../support/instance.ts";
import { privateListener } from "../support/private_listener.ts";
import { testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { Terminal, terminals } from "../support/terminal.ts";

const PROMPT = /127\.0\.0\.1:\d+ \[\d+\]> (?:\x1b\[\d*[A-Z])*$/,
  UP = "\x1b[A",
  CTRL_C = "\x03",
  CTRL_D = "\x04",
  CTRL_G = "\x07",
  CTRL_R = "\x12",
  ESCAPE = "\x1b";

/** A dialogue with an instance. `XDG_STATE_HOME` says where its history is. */
async function dialogue(instance: Instance, env: Record<string, string>, columns?: number): Promise<Terminal> {
  const args = ["-i", "--control-dir", instance.directory.path, String(instance.port)];
  const terminal = new Terminal(args, { NO_COLOR: "", ...env }, columns);
  await terminal.screen.until(PROMPT);
  return terminal;
}

testWith(terminals, "a dialogue on a terminal runs commands and ends at quit", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  assert.match(terminal.screen.text, /interactive command shell\r\nPID of master process is \d+\r\n/);
  assert.match(await terminal.type("show\r", /\n.*127\.0\.0\.1[^\n]*\r\n/), / {2}0 {3}RR 0 up/);
  await terminal.type("group 7\r", " [7]> ");
  assert.match(await terminal.type("nonsense\r", "help lists the commands"), /syntax error/);
  assert.match(await terminal.type("maxc 0\r", "usage: maxc CH N"), /syntax error/);
  assert.equal(await terminal.typeLast("quit\r"), 0);
});

testWith(terminals, "a command that -c has not understood is explained on a terminal", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"]);
  for (const [command, told] of [["maxc 0", "usage: maxc CH N"], ["nonsense", "help lists the commands"]]) {
    const args = ["-c", command, "--control-dir", instance.directory.path, String(instance.port)];
    await using terminal = new Terminal(args, {});
    assert.equal(await terminal.ended(), 0);
    assert.ok(terminal.screen.text.endsWith(`syntax error\r\n${told}\r\n`), terminal.screen.text);
  }
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

testWith(terminals, "Tab completes commands, groups and channel numbers, including new ones", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  // A Tab completes only as the last key of a piece; inside pasted text it is text.
  await terminal.type("ver\t", "version ");
  await terminal.type("\r", /MAXCHANNELS=64[^]* \[0\]> /);
  await terminal.type("mr\t", "mrtg-");
  await terminal.type("\t", /mrtg-bytes\s+mrtg-conns[^]* \[0\]> mrtg-/);
  await terminal.type("b\t", "ytes ");
  await terminal.type("\t", "0 ");
  await terminal.type("0\r", /group 0 channel 0[^]* \[0\]> /);
  await terminal.type("disa\t", "disable ");
  await terminal.type("\t", "0 ");
  await terminal.type("\r", /channel 0 disabled[^]* \[0\]> /);
  await terminal.type("create 127.0.0.1 2\r", /channel created[^]* \[0\]> /);
  await terminal.type("enable 1", "enable 1");
  // A space and a cursor two columns further on show that the number is complete.
  await terminal.type("\t", " ");
  await terminal.type("\r", /channel 1 enabled[^]* \[0\]> /);
  await terminal.type("group 0\t", "group 0 ");
  await terminal.type("\r", " [0]> ");
  await terminal.type("show j\t", "show json ");
  await terminal.type("\r", /\{"version"[^]* \[0\]> /);
  assert.equal(await terminal.typeLast(CTRL_D), 0);
});

testWith(terminals, "Ctrl-D ends the dialogue even while a command is still running", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  // The name service takes a while to answer that there is no such name.
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

testWith(
  terminals,
  "disabled channels are yellow on a terminal, unless NO_COLOR is set, and there is the reason",
  async () => {
    using state = temporaryDirectory();
    await using instance = await Instance.start(["127.0.0.1:1", "127.0.0.1:2"]);
    await instance.control("disable 1");
    {
      await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
      const table = await terminal.type("show\r", / {2}0 {3}RR 1 [^\n]*\n[^\n]*\n/);
      assert.match(table, /\x1b\[33m {2}0 {3}RR 1 disabled [^\n]*\x1b\[39m\r\n/);
      assert.match(table, /\x1b\[33m {10}disabled by an operator for \d+s\x1b\[39m\r\n/);
      assert.doesNotMatch(table, /\x1b\[\d\dm {2}0 {3}RR 0/);
      assert.equal(await terminal.typeLast(CTRL_D), 0);
    }
    await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path, NO_COLOR: "1" });
    const table = await terminal.type("show\r", / {2}0 {3}RR 1 [^\n]*\n[^\n]*\n/);
    assert.match(table, / {2}0 {3}RR 1 disabled [^\n]*\r\n {10}disabled by an operator/);
    assert.doesNotMatch(terminal.screen.text, /\x1b\[3\dm/);
    assert.equal(await terminal.typeLast(CTRL_D), 0);
  },
);

testWith(terminals, "lines that arrive all at once, as when pasted, are all run in order", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  await terminal.type("disable 0\renable 0\rmaxc 0 5\rgroup 4\r", " [4]> ");
  const replies = terminal.screen.text.match(/channel 0 disabled|channel 0 enabled|maxc of channel 0 changed to 5/g);
  assert.deepEqual(replies, ["channel 0 disabled", "channel 0 enabled", "maxc of channel 0 changed to 5"]);
  assert.equal(await terminal.typeLast("quit\r"), 0);
});

testWith(terminals, "kill asks once on a terminal, and nothing but yes ends the instance", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
  const question = `end 127.0.0.1:${instance.port}? [y/N] `;
  for (const no of ["\r", "n\r", "show\r", CTRL_C]) {
    await terminal.type("kill\r", question);
    await terminal.type(no, /not ended\r\n[^]*> /);
  }
  await terminal.type("k\r", question);
  await terminal.type(`no${UP}${UP}`, "no");
  await terminal.type("\r", /not ended\r\n[^]*> /);
  // A syntax error is not asked about.
  assert.match(await terminal.type("kill 0\r", /syntax error[^]*> /), /usage: kill/);
  assert.equal((await instance.channel(0)).enabled, true, "it runs");
  await terminal.type("kill\r", question);
  assert.equal(await terminal.typeLast("yes\r"), 0);
  assert.match(terminal.screen.text, /shutdown complete, exiting\.\r\n/);
  assert.equal(await instance.ended(), 0);
  const history = Deno.readTextFileSync(`${state.path}/balance/history`).split("\n");
  assert.deepEqual(history, [..."kill kill kill kill k".split(" "), "kill 0", "kill", ""], "without the answers");
});

for (const how of ["kill", "SIGKILL"] as const) {
  testWith(terminals, `an instance that ends says so at once, at the prompt (${how})`, async () => {
    using state = temporaryDirectory();
    await using instance = await Instance.start(["127.0.0.1:1"]);
    await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
    await terminal.type("version\r", /MAXCHANNELS=64[^]*> /);
    await terminal.type("half a com", "half a com");
    if (how === "kill") await instance.control("kill");
    else instance.signal("SIGKILL");
    assert.equal(await terminal.ended(), 69);
    const said = `half a com\r\nbalance: the instance on 127.0.0.1:${instance.port} has ended\r\n`;
    assert.ok(terminal.screen.text.endsWith(said), JSON.stringify(terminal.screen.text.slice(-200)));
    assert.equal(Deno.readTextFileSync(`${state.path}/balance/history`), "version\n");
  });
}

testWith(
  terminals,
  "Ctrl-R searches the history: again for older ones, Enter runs, Ctrl-G and Escape leave",
  async () => {
    using state = temporaryDirectory();
    await using instance = await Instance.start(["127.0.0.1:1"]);
    await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path });
    for (const command of ["maxc 0 5", "maxc 0 7", "version"]) await terminal.type(`${command}\r`, /\n[^]*\]> /);
    await terminal.type(CTRL_R, "(search)'': ");
    await terminal.type("m", "(search)'m': maxc 0 7");
    await terminal.type("axc", "(search)'maxc': maxc 0 7");
    await terminal.type(CTRL_R, "(search)'maxc': maxc 0 5");
    await terminal.type("\r", /maxc of channel 0 changed to 5[^]*\]> /);
    assert.equal((await instance.channel(0)).maxc, 5);
    // Leaving the search restores the typed line.
    for (const leave of [CTRL_G, ESCAPE]) {
      await terminal.type("gro", "gro");
      await terminal.type(CTRL_R, "(search)'': gro");
      await terminal.type("vx", "(not found)'vx': version");
      await terminal.type("\x7f", "(search)'v': version");
      await terminal.type(leave, /\]> gro/);
      await terminal.type(`up 3\r`, " [3]> ");
      await terminal.type(`group 0\r`, " [0]> ");
    }
    // An arrow key takes the line that was found.
    await terminal.type(CTRL_R, "(search)'': ");
    await terminal.type("maxc", "(search)'maxc': maxc 0 5");
    await terminal.type("\x1b[D", /\]> maxc 0 5/);
    await terminal.type("1\r", /maxc of channel 0 changed to 15[^]*\]> /);
    await terminal.type(CTRL_R, "(search)'': ");
    await terminal.type("ver", "(search)'ver': version");
    await terminal.type(CTRL_C, /\^C\r\n[^]*\]> /);
    assert.equal(await terminal.typeLast("quit\r"), 0);
  },
);

testWith(terminals, "at 80 columns neither help nor show wraps", async () => {
  using state = temporaryDirectory();
  await using instance = await Instance.start(["127.0.0.1:1", "127.0.0.1:2:9999", "%", "255.255.255.255:65535"]);
  await using terminal = await dialogue(instance, { XDG_STATE_HOME: state.path, NO_COLOR: "1" }, 80);
  for (const command of ["show", "help"]) {
    const lines = (await terminal.type(`${command}\r`, /\r\n[^]*\]> /)).split("\r\n").slice(1, -1);
    assert.ok(lines.length > 3 && lines.every((line) => line.length <= 80), lines.join("\n"));
  }
  assert.match(
    terminal.screen.text,
    /\nGRP # state +ip-address +port c failed rate connect p99 1st byte p99 oldest\r\n/,
  );
  assert.equal(await terminal.typeLast("quit\r"), 0);
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

testWith(terminals, "help is coloured only on a terminal", async () => {
  await using coloured = new Terminal(["--help"], { NO_COLOR: "" });
  assert.equal(await coloured.ended(), 0);
  assert.match(coloured.screen.text, /\x1b\[1mbalance\x1b\[22m/);
  await using plain = new Terminal(["--help"], { NO_COLOR: "1" });
  assert.equal(await plain.ended(), 0);
  assert.doesNotMatch(plain.screen.text, /\x1b\[\d*m/);
});

testWith(
  terminals,
  "a session that is closed for its silence is no end of the instance, which is noticed all the same",
  async () => {
    using state = temporaryDirectory();
    using directory = temporaryDirectory();
    const listener = privateListener(`${directory.path}/8080@127.0.0.1.sock`);
    // The first session is the look for instances, the second one the dialogue's.
    const sessions: Deno.UnixConn[] = [], looks = Promise.withResolvers<void>();
    const serving = (async () => {
      for await (const connection of listener) {
        if (sessions.push(connection) === 4) looks.resolve();
        answer(connection).catch(() => {});
      }
    })();
    await using terminal = new Terminal(["-i", "--control-dir", directory.path, "8080"], {
      XDG_STATE_HOME: state.path,
    });
    await terminal.screen.until("127.0.0.1:8080 [0]> ");
    sessions[1].close();
    await looks.promise;
    assert.doesNotMatch(terminal.screen.text, /ended/);
    assert.match(await terminal.type("version\r", /\{"pid[^]*> /), /connections/, "another session is opened");
    for (const session of sessions.slice(2)) session.close();
    listener.close();
    assert.equal(await terminal.ended(), 69);
    assert.match(terminal.screen.text, /balance: the instance on 127\.0\.0\.1:8080 has ended\r\n$/);
    await serving;
    sessions[0].close();
  },
);

/** Greets, and answers every command as `show json`. */
async function answer(connection: Deno.UnixConn): Promise<void> {
  const buffer = new Uint8Array(999), state = '{"pid":1,"uptime":1,"connections":0,"groups":[]}';
  await connection.write(new TextEncoder().encode("balance 1 1 0.1.0\n"));
  while (await connection.read(buffer) !== null) {
    await connection.write(new TextEncoder().encode(`ok 1 0\n${state}\n`));
  }
}

testWith(
  terminals,
  "with several services the prompt names the one that commands refer to, and Tab completes names",
  async () => {
    using state = temporaryDirectory();
    using process = await FileProcess.start([service("web", [80]), service("mail", [25]), service("mail2", [26])]);
    const title = `config-${Deno.pid}`,
      prompt = (name: string) => new RegExp(`${title} ${name} \\[\\d+\\]> (?:\\x1b\\[\\d*[A-Z])*$`);
    const args = ["-i", "--control-dir", process.directory.path, "mail"];
    await using terminal = new Terminal(args, { NO_COLOR: "", XDG_STATE_HOME: state.path });
    await terminal.screen.until(prompt("mail"));
    await terminal.type("disable 0\r", new RegExp(`channel 0 disabled[^]*${title} mail \\[0\\]> `));
    await terminal.type("service w\t", "web ");
    await terminal.type("\r", `${title} web [0]> `);
    await terminal.type("service mai\t", "l");
    await terminal.type("\t", /mail\s+mail2[^]*service mail/);
    await terminal.type("2\r", `${title} mail2 [0]> `);
    assert.match(
      await terminal.type("show\r", `${title} mail2 [0]> `),
      /service web on port 80[^\n]*: 0 connections, 0\/s\r\nGRP[^]*service mail on port 25[^\n]*\r\nGRP[^]*service mail2 on/,
    );
    await terminal.type("services\r", /SERVICE {2}PORTS[^]*mail2 {4}26[^]*\[0\]> /);
    await terminal.type("kill\r", `end ${title} and all its 3 services? [y/N] `);
    await terminal.type("n\r", "not ended");
    await terminal.screen.until(prompt("mail2"));
    process.plane.services.pop();
    await terminal.type(
      "disable 0\r",
      new RegExp(`service "mail2" has been removed[^]*${title} \\(no service\\) \\[0\\]> `),
    );
    process.plane.services.pop();
    await terminal.type("service web\r", `${title} [0]> `);
    assert.equal(await terminal.typeLast("quit\r"), 0);
    assert.deepEqual(process.plane.changes, ["disable 0 (service mail group 0)"]);
  },
);
