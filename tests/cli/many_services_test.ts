/** `-c`, `-i` and `--list` with a process that has several services. */
import assert from "node:assert/strict";
import { pathOf } from "../../src/control/entries.ts";
import { LastingSession } from "../../src/control/lasting_session.ts";
import { lines } from "../../src/control/lines.ts";
import { ControlSession } from "../support/control_session.ts";
import { freePort } from "../support/free_port.ts";
import { programPath, run } from "../support/program.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { processState, quietPlane } from "../support/control_plane.ts";
import { FileProcess, service } from "../support/file_process.ts";
import { Instance } from "../support/instance.ts";
import { nobodyThere } from "../support/nobody_there.ts";
import { privateListener } from "../support/private_listener.ts";
import { condition, posix, testWith } from "../support/requirements.ts";

/** A process in which only the control socket is real is part of the test, so the program must run on the same system. */
const socket = condition(posix.met || Deno.build.os === "windows", "needs a program of this system");

const TABLE = "GRP Type  #   S       ip-address  port    c      totalc maxc        sent        rcvd\n";

testWith(
  [socket],
  "-c takes any port of a service, its name, or the name of a port, and begins in that service",
  async () => {
    using process = await FileProcess.start([service("web", [80, 8443]), service("mail", [25]), service("300", [300])]);
    const say = process.say.bind(process);
    assert.equal(await say("disable 0", "8443"), "channel 0 disabled\n");
    assert.equal(await say("disable 0", "web"), "channel 0 already disabled\n");
    assert.equal(await say("disable 0", "http"), "channel 0 already disabled\n");
    assert.equal(await say("disable 0", "smtp"), "channel 0 disabled\n");
    assert.equal(await say("service", "300"), "300\n");
    assert.equal(await say("service"), "web\n", "without a word the first");
    assert.equal(await say("service", "-b", "0.0.0.0", "mail"), "mail\n");
    assert.equal(JSON.parse(await say("show json", "25")).port, 25);
    assert.equal(await say("kill", "25"), "shutdown complete, exiting.\n");
    assert.deepEqual(process.plane.changes.at(-1), "kill (group 0)");
  },
);

testWith([socket], "what is not there is named, with the nearest name and where it was looked for", async () => {
  using process = await FileProcess.start([service("web", [80]), service("mail", [25])]);
  const { directory } = process;
  const refused = async (args: string[], what: string, guess = "") => {
    const stderr = nobodyThere(directory, what).replace(/\n$/, `${guess}\n`);
    for (const form of [["-c", "show"], ["-i"]]) {
      assert.deepEqual(await process.balance([...form, ...args]), { code: 69, stdout: "", stderr });
    }
  };
  await refused(["wbe"], 'no service "wbe"', ', did you mean "web"?');
  await refused(["nothing"], 'no service "nothing"');
  await refused(["imap"], 'no service "imap" (port 143)');
  await refused(["81"], "no service on port 81");
  await refused(["-b", "127.0.0.1", "80"], "no service on 127.0.0.1:80");
  await refused(["-b", "127.0.0.1", "web"], 'no service "web" on 127.0.0.1');
  await refused(["-b", "127.0.0.1"], "no instance on 127.0.0.1");
});

testWith(
  [posix],
  "an instance that does not answer keeps nobody from the others, and is named when nothing fits",
  async () => {
    using process = await FileProcess.start([service("web", [80])]);
    using _silent = privateListener(pathOf(process.directory.path, { config: "99" }));
    assert.equal(await process.say("service", "web"), "web\n");
    const { code, stderr } = await process.balance(["-c", "show", "wbe"]);
    assert.equal(code, 69);
    assert.match(stderr, /did you mean "web"\?\n {2}config-99: the instance does not answer\n$/);
  },
);

testWith([socket], "an instance whose entry has the port comes before a service of another process", async () => {
  using process = await FileProcess.start([service("web", [80])]);
  await using instance = await Instance.start(["127.0.0.1:1"], { directory: process.directory });
  process.plane.services.push(service("other", [instance.port]));
  assert.equal(await process.say("disable 0", `${instance.port}`), "channel 0 disabled\n");
  assert.equal((await instance.channel(0)).enabled, false);
  assert.equal(process.plane.services[1].groups.enabled(0, 0), true);
  assert.equal(await process.say("service", "other"), "other\n");
  assert.equal(await process.say("disable 0", "web"), "channel 0 disabled\n");
});

testWith([socket], "services of one name or port in several places are told apart by -b and the port", async () => {
  using process = await FileProcess.start([service("web", [80], "127.0.0.1"), service("admin", [80], "127.0.0.2")]);
  const other = quietPlane();
  other.services = [service("web", [8080])];
  await process.open("18", other);
  const several = async (args: readonly string[], ...places: string[]) => {
    const { code, stderr } = await process.balance(["-c", "service", ...args]), [first, ...lines] = stderr.split("\n");
    assert.equal(code, 69);
    assert.match(first, /^balance: several instances are running, name one by its port and -b address:$/);
    assert.deepEqual(lines, [...places.map((place) => `  -b ${place}`), ""]);
  };
  await several(["80"], "127.0.0.1 80", "127.0.0.2 80");
  await several(["web"], "127.0.0.1 80", "0.0.0.0 8080");
  await several([], "127.0.0.1 80", "0.0.0.0 8080");
  assert.equal(await process.say("service", "-b", "127.0.0.2", "80"), "admin\n");
  assert.equal(await process.say("service", "-b", "127.0.0.2"), "admin\n");
  assert.equal(await process.say("service", "8080"), "web\n");
});

testWith([socket], "the shown name of one of several instances can be typed as it is", async () => {
  using process = await FileProcess.start([service("web", [80, 81], "127.0.0.1"), service("admin", [82])]);
  process.plane.describe = () => ({ ...processState(), config: "/etc/balance/services" });
  const others = [[service("mail", [25], "::1")], [service("mail", [25], "0.0.0.0"), service("imap", [143])]];
  for (const [i, services] of others.entries()) await process.open(`${18 + i}`, { ...quietPlane(), services });
  const { code, stderr } = await process.balance(["-c", "reload"]), lines = stderr.trimEnd().split("\n").slice(1);
  assert.deepEqual([code, lines], [69, [
    '  -b 127.0.0.1 80 # --config "/etc/balance/services"',
    "  -b ::1 25",
    "  -b 0.0.0.0 25",
  ]]);
  const names = (json: string) => JSON.parse(json).services.map(({ name }: { name: string }) => name);
  const found = lines.map((line) => process.say("services json", ...line.replace(/ #.*/, "").trim().split(" ")));
  assert.deepEqual((await Promise.all(found)).map(names), [["web", "admin"], ["mail"], ["mail", "imap"]]);
});

testWith([socket], "processes of the same id, as in containers, have entries of their own", async () => {
  using process = await FileProcess.start([service("web", [80])], "1");
  const other = quietPlane();
  other.services = [service("mail", [25])];
  const { entry } = await process.open("1", other);
  assert.deepEqual(entry, { config: "1-2" });
  assert.equal(await process.say("service", "web"), "web\n");
  assert.equal(await process.say("service", "mail"), "mail\n");
  assert.match(
    (await process.balance(["--list"])).stdout,
    /^config-1 .*\n {2}web on 80 .*\nconfig-1-2 .*\n {2}mail on 25 /m,
  );
});

testWith([socket], "a dialogue through a pipe begins in the service and has Balance's prompt", async () => {
  using process = await FileProcess.start([service("web", [80]), service("mail", [25])]);
  const { code, stdout } = await process.balance(["-i", "mail"], {
    stdin: "service\ndisable 0\nservice web\nservice\ngroup 2\nquit\n",
  });
  assert.equal(code, 0);
  assert.equal(
    stdout.slice(stdout.indexOf("balance[0]")),
    "balance[0] mail\nbalance[0] channel 0 disabled\nbalance[0] balance[0] web\nbalance[0] balance[2] ",
  );
  assert.deepEqual(process.plane.changes, ["disable 0 (service mail group 0)"]);
});

testWith([socket], "two sessions are each in a service of their own", async () => {
  using process = await FileProcess.start([service("web", [80]), service("mail", [25])]);
  const lines = "service\n".repeat(50);
  const [web, mail] = await Promise.all(["web", "mail"].map((name) => process.balance(["-i", name], { stdin: lines })));
  assert.equal(web.stdout.match(/\] web\n/g)?.length, 50);
  assert.equal(mail.stdout.match(/\] mail\n/g)?.length, 50);
});

testWith([socket], "--list shows the services of each process, with ports shortened", async () => {
  const odd = Array.from({ length: 1000 }, (_, i) => 10_001 + 2 * i);
  using process = await FileProcess.start([service("web", [80, 81, 82, 443]), service("many", odd)]);
  process.plane.services[0].groups.disable(0, 0);
  const { code, stdout, stderr } = await process.balance(["--list"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stdout.split("\n").map((line) => line.trim().split(/ {2,}/)), [
    ["ADDRESS", "PID", "VERSION", "UPTIME", "CONNECTIONS", "CHANNELS"],
    ["config-1", "1", "1.2.3", "0s", "0", "1 of 2 enabled"],
    ["web on 80-82,443", "0", "0 of 1 enabled"],
    ["many on 10001,10003,10005,… (1000 ports)", "0", "1 of 1 enabled"],
    [""],
  ]);
  const { instances: [{ services, ...whole }] } = JSON.parse((await process.balance(["--list", "--json"])).stdout);
  assert.deepEqual([whole.address, whole.port, whole.config, whole.channels, whole.enabled], [null, null, null, 2, 1]);
  assert.deepEqual(services[0], {
    ...{ name: "web", addresses: ["0.0.0.0"], connections: 0, channels: 1, enabled: 0, failing: 0 },
    ports: [80, 81, 82, 443].map((port) => ({ first: port, last: port })),
  });
  assert.equal(services[1].ports.length, 1000);
});

testWith([socket], "a thousand services are shown, with a heading each", async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `service${i}`);
  using process = await FileProcess.start(names.map((name, i) => service(name, [20_000 + i])));
  const shown = await process.say("show");
  assert.equal(shown.split(TABLE).length, 1001);
  assert.deepEqual(shown.match(/^service \w+ on port \d+$/gm)?.length, 1000);
  assert.equal(JSON.parse(await process.say("show json", "service700")).services.length, 1000);
  assert.equal(await process.say("service", "20999"), "service999\n");
  assert.equal((await process.say("services")).split("\n").length, 1002);
});

testWith(
  [socket],
  "without --strict every command is run and the exit code is 0, with it a refused one is the last, with 1",
  async () => {
    using process = await FileProcess.start([service("web", [80]), service("mail", [25])]);
    const commands = ["-c", "disable 0", "-c", "disable 9", "-c", "enable 0", "web"], first = "channel 0 disabled\n";
    const refused = "no such channel 9\n";
    assert.deepEqual(await process.balance(commands), {
      code: 0,
      stdout: `${first}${refused}channel 0 enabled\n`,
      stderr: "",
    });
    assert.deepEqual(await process.balance(["--strict", ...commands]), {
      code: 1,
      stdout: first + refused,
      stderr: "",
    });
    const strict = (command: string) => process.balance(["--strict", "-c", command, "-c", "show", "web"]);
    for (const command of ["nonsense", "reload", "service none", "group 99"]) {
      const { code, stdout } = await strict(command);
      assert.deepEqual([code, stdout.split("\n").length], [1, 2], command);
    }
    assert.equal((await strict("kill")).code, 0, "the last one, but not refused");
  },
);

/** The replaced listener is left open, because closing it would remove the entry of the other. */
const unsanitized = { ignore: !posix.met, sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "a session goes on in its service and group with the process that has taken over",
  unsanitized,
  async () => {
    using process = await FileProcess.start([service("web", [80]), service("mail", [25])], "20");
    const { directory, plane, servers: [old] } = process, young = Object.assign(quietPlane(), { version: "2.0.0" });
    young.services = [service("web", [80]), service("mail", [25])];
    using session = await LastingSession.open(pathOf(directory.path, old.entry), "mail");
    await session.run("group 3");
    const held = old.hold(), successor = await process.open("20", young, true);
    assert.deepEqual(successor.entry, old.entry);
    successor.publish();
    held.release();
    plane.frozen = "a new process serves, connect again";
    old.withdraw();
    old.retire();
    // One that was on its way is still answered.
    assert.deepEqual((await session.run("disable 0")).text, [plane.frozen]);
    assert.match((await session.run("version")).text[0], /2\.0\.0/);
    const { group, text } = await session.run("service");
    assert.deepEqual([group, text], [3, ["mail"]]);
    young.services = [young.services[0]];
    assert.match((await session.run("disable 0")).text[0], /^service "mail" has been removed/);
  },
);

Deno.test("every port of a service from the command line leads to it, and so does its name", async () => {
  using directory = temporaryDirectory();
  const dir = ["--control-dir", programPath(directory.path)], [first, second] = [freePort(), freePort()];
  const balance = (...words: string[]) => run([...dir, ...words]);
  const started = await balance("-b", "127.0.0.1", "--name", "web", `${first},${second}`, "127.0.0.1:1");
  assert.deepEqual([started.code, started.stdout], [0, ""]);
  try {
    for (const word of [String(first), String(second), "web"]) {
      assert.equal((await balance("-c", "service", word)).stdout, "web\n");
    }
    assert.match((await balance("-c", "show")).stdout, /^GRP .*\n.* ENA .*\n$/);
    const { stdout } = await balance("--list");
    assert.match(stdout, new RegExp(`^127\\.0\\.0\\.1:${first} .*\n {2}web on ${first},${second} `, "m"));
  } finally {
    assert.equal((await balance("-c", "kill", String(second))).stdout, "shutdown complete, exiting.\n");
  }
});

Deno.test("a client from before there were services understands a process that has several", async () => {
  using process = await FileProcess.start([service("web", [80]), service("mail", [25])]);
  using session = await ControlSession.open(pathOf(process.directory.path, process.servers[0].entry));
  await session.send("show json\ngroup 2\ndisable 9\nquit\n");
  const [greeting, head, json, ...heads] = (await session.toEnd()).trimEnd().split("\n");
  assert.match(greeting, /^balance 1 \d+ 1\.2\.3$/);
  assert.equal(head, "ok 1 0");
  const { pid, uptime, connections, address, port, groups } = JSON.parse(json);
  assert.deepEqual([pid, uptime, connections, address, port, groups[0].group], [1, 0, 0, "0.0.0.0", 80, 0]);
  assert.deepEqual(heads, ["ok 0 2", "error 1 2", "no such channel 9", "bye 0 2"]);
});

testWith([posix], "an instance from before there were services is found, listed and controlled", async () => {
  using directory = temporaryDirectory();
  using listener = privateListener(pathOf(directory.path, { address: "127.0.0.1", port: 8080 }));
  const serving = serveOld(listener);
  const balance = (...words: string[]) => run([...words, "--control-dir", directory.path]);
  assert.deepEqual(await balance("-c", "show", "-c", "services", "8080"), {
    code: 0,
    stdout: "the table\nsyntax error\n",
    stderr: "",
  });
  assert.equal((await balance("-c", "show")).stdout, "the table\n");
  const { code, stderr } = await balance("-c", "show", "web");
  assert.deepEqual([code, stderr], [69, nobodyThere(directory, 'no service "web"')]);
  assert.match((await balance("--list")).stdout, /^127\.0\.0\.1:8080 +7 +0\.1\.0 +9s +3 +1 of 2 enabled, 1 failing$/m);
  listener.close();
  await serving;
});

/** Serves sessions as version 0.1.0 did. */
async function serveOld(listener: Deno.UnixListener): Promise<void> {
  const channels = [{ enabled: true, failing: true }, { enabled: false, failing: true }];
  const state = {
    pid: 7,
    address: "127.0.0.1",
    port: 8080,
    uptime: 9,
    connections: 3,
    groups: [{ group: 0, channels }],
  };
  const replies: Record<string, string> = { "show": "the table", "show json": JSON.stringify(state) };
  const encoder = new TextEncoder();
  for await (const connection of listener) {
    await connection.write(encoder.encode("balance 1 7 0.1.0\n"));
    for await (const line of lines(connection.readable, 4096)) {
      const reply = replies[line], head = reply === undefined ? "error 1 0\nsyntax error" : `ok 1 0\n${reply}`;
      await connection.write(encoder.encode(`${head}\n`));
    }
  }
}
