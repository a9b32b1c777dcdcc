/**
 * The examples of the manual, word for word: their ports and addresses need a separate network, in which `host1` and
 * the others have addresses. Without namespaces only the last one runs, on free ports.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { namedBackend } from "../support/backends.ts";
import type { Report, World } from "../support/example_world.ts";
import { within } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { condition, ipv6, linux, namespaces, type Requirement, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const ADDRESSES: Readonly<Record<string, string>> = {
  host1: "10.1.1.1",
  host2: "10.1.1.2",
  host3: "10.1.1.9",
  failover1: "10.1.1.4",
  mailserver: "10.1.1.5",
  mailserver1: "10.1.1.6",
  mailserver2: "10.1.1.7",
  target: "10.1.1.8",
};

/** Makes the network: this machine, and another one for the servers. It also has its own /run and /etc/hosts. */
const SET_UP = `
  set -e
  mount -t tmpfs none /run
  mount --bind "$HOSTS" /etc/hosts
  ip link set lo up
  if [ -e /proc/net/if_inet6 ]; then ip addr add 2001:db8::1/128 dev lo nodad; fi
  ip addr add 10.1.1.3/32 dev lo
  ip netns add far
  ip link add near type veth peer name far netns far
  ip addr add 10.1.0.1/16 dev near
  ip link set near up
  ip -n far link set far up
  for i in 1 2 4 5 6 7 8 9; do ip -n far addr add 10.1.1.$i/16 dev far; done
  exec "$@"`;

const WORLD = fileURLToPath(new URL("../support/example_world.ts", import.meta.url));

const worlds = [linux, root, namespaces("--net", "--mount", "--pid", "--fork", "--mount-proc"), virtualNetworks()];

/** Whether the kernel can connect two namespaces. */
function virtualNetworks(): Requirement {
  if (!linux.met || !root.met) return condition(false, "needs root on Linux");
  const { success } = new Deno.Command("unshare", {
    args: ["--net", "ip", "link", "add", "near", "type", "veth", "peer", "name", "far"],
    stderr: "null",
  }).outputSync();
  return condition(success, "needs virtual network interfaces");
}

/** Tries one example in a world of its own, which ends with everything in it. */
async function inWorld(world: World): Promise<Report> {
  using directory = temporaryDirectory();
  const hosts = `${directory.path}/hosts`;
  const names = Object.entries({ localhost: "127.0.0.1", ...ADDRESSES });
  Deno.writeTextFileSync(hosts, names.map(([name, address]) => `${address} ${name}\n`).join(""));
  const child = new Deno.Command("unshare", {
    args: ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", SET_UP, "sh"]
      .concat([Deno.execPath(), "run", "-A", "--no-config", WORLD]),
    env: { HOSTS: hosts, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(world)));
  await writer.close();
  const { code, stdout, stderr } = await within(120, world.command.join(" "), child.output());
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Servers of these names on one port. */
function servers(port: number, ...names: string[]): World["servers"] {
  return Object.fromEntries(names.map((name) => [name, { hostname: ADDRESSES[name], port }]));
}

/** The columns of a table that say which channel, where, and how many connections now and so far. */
function counts(table: string): string[] {
  const rows = table.trimEnd().split("\n").slice(1).map((row) => row.trim().split(/ +/));
  return rows.map(([group, , channel, , address, port, current, total, maxc]) =>
    `${group}.${channel} ${address}:${port} c ${current} of ${total}, maxc ${maxc}`
  );
}

testWith(worlds, "balance smtp host1 host2", async () => {
  const { answers, table } = await inWorld({
    servers: servers(25, "host1", "host2"),
    command: ["smtp", "host1", "host2"],
    steps: [{ connect: 4, hostname: "127.0.0.1", port: 25 }],
  });
  assert.deepEqual(answers, [["host1", "host2", "host1", "host2"]]);
  assert.deepEqual(counts(table), ["0.0 10.1.1.1:25 c 2 of 2, maxc 0", "0.1 10.1.1.2:25 c 2 of 2, maxc 0"]);
});

testWith([...worlds, ipv6], "balance -b 2001:DB8::1 80 10.1.1.1 10.1.1.2", async () => {
  const { answers } = await inWorld({
    servers: servers(80, "host1", "host2"),
    command: ["-b", "2001:DB8::1", "80", "10.1.1.1", "10.1.1.2"],
    steps: [{ connect: 3, hostname: "2001:db8::1", port: 80 }],
  });
  assert.deepEqual(answers, [["host1", "host2", "host1"]]);
});

testWith(worlds, "balance -b ::ffff:10.1.1.3 80 10.1.1.1 10.1.1.2", async () => {
  const { answers } = await inWorld({
    servers: servers(80, "host1", "host2"),
    command: ["-b", "::ffff:10.1.1.3", "80", "10.1.1.1", "10.1.1.2"],
    steps: [{ connect: 3, hostname: "10.1.1.3", port: 80 }],
  });
  assert.deepEqual(answers, [["host1", "host2", "host1"]]);
});

testWith(worlds, "balance -fp imap mailserver", async () => {
  const { answers, stdout } = await inWorld({
    servers: servers(143, "mailserver"),
    command: ["-fp", "imap", "mailserver"],
    steps: [{ connect: 1, hostname: "127.0.0.1", port: 143 }, { leave: true }],
  });
  assert.deepEqual(answers, [["mailserver"]]);
  assert.equal(stdout, "-< 10\nmailserver\n\n");
});

testWith(worlds, "balance -f 8888 host1 10.1.1.1:8000", async () => {
  const { answers } = await inWorld({
    servers: {
      "port 8888": { hostname: "10.1.1.1", port: 8888 },
      "port 8000": { hostname: "10.1.1.1", port: 8000 },
    },
    command: ["-f", "8888", "host1", "10.1.1.1:8000"],
    steps: [{ connect: 3, hostname: "127.0.0.1", port: 8888 }],
  });
  assert.deepEqual(answers, [["port 8888", "port 8000", "port 8888"]]);
});

testWith(worlds, "balance imap mailserver1::16 ! mailserver2", async () => {
  const { answers, table } = await inWorld({
    servers: servers(143, "mailserver1", "mailserver2"),
    command: ["imap", "mailserver1::16", "!", "mailserver2"],
    steps: [{ connect: 20, hostname: "127.0.0.1", port: 143 }],
  });
  const many = (count: number, name: string) => Array.from({ length: count }, () => name);
  assert.deepEqual(answers, [[...many(16, "mailserver1"), ...many(4, "mailserver2")]]);
  assert.deepEqual(counts(table), ["0.0 10.1.1.6:143 c 16 of 16, maxc 16", "1.0 10.1.1.7:143 c 4 of 4, maxc 0"]);
});

testWith(worlds, "balance pop3 host1 host2 host3 ! failover1", async () => {
  const { answers } = await inWorld({
    servers: servers(110, "host1", "host2", "host3", "failover1"),
    command: ["pop3", "host1", "host2", "host3", "!", "failover1"],
    steps: [
      { connect: 4, hostname: "127.0.0.1", port: 110 },
      { stop: "host2" },
      { connect: 4, hostname: "127.0.0.1", port: 110 },
      { stop: "host1" },
      { stop: "host3" },
      { connect: 2, hostname: "127.0.0.1", port: 110 },
      { stop: "failover1" },
      { connect: 1, hostname: "127.0.0.1", port: 110 },
    ],
  });
  assert.deepEqual(answers, [
    ["host1", "host2", "host3", "host1"],
    ["host3", "host1", "host3", "host1"],
    ["failover1", "failover1"],
    [""],
  ]);
});

testWith(worlds, "balance telnet target::1", async () => {
  const { answers, table } = await inWorld({
    servers: servers(23, "target"),
    command: ["telnet", "target::1"],
    steps: [{ connect: 3, hostname: "127.0.0.1", port: 23 }],
  });
  assert.deepEqual(answers, [["target", "", ""]]);
  assert.deepEqual(counts(table), ["0.0 10.1.1.8:23 c 1 of 1, maxc 1"]);
});

/** What the instance that refers to itself counts for one client, which passes through until no limit is left. */
const selfReferring = (port: number, last: number) => [
  `0.0 127.0.0.1:${port} c 12 of 12, maxc 12`,
  `1.0 127.0.0.1:${port} c 4 of 4, maxc 4`,
  `2.0 127.0.0.1:${port} c 2 of 2, maxc 2`,
  `2.1 127.0.0.1:${port} c 2 of 2, maxc 2`,
  `3.0 127.0.0.1:${last} c 1 of 1, maxc 0`,
];

testWith(worlds, "balance 8888 localhost::12 ! localhost::4 ! localhost::2 localhost::2 ! localhost:25", async () => {
  const { answers, table } = await inWorld({
    servers: { "the end": { hostname: "127.0.0.1", port: 25 } },
    command: "8888 localhost::12 ! localhost::4 ! localhost::2 localhost::2 ! localhost:25".split(" "),
    steps: [{ connect: 1, hostname: "127.0.0.1", port: 8888 }],
  });
  assert.deepEqual(answers, [["the end"]]);
  assert.deepEqual(counts(table), selfReferring(8888, 25));
});

Deno.test("an instance that refers to itself relays until its limits are used up, on any port", async () => {
  await using end = namedBackend("the end");
  const port = freePort();
  const words = `localhost::12 ! localhost::4 ! localhost::2 localhost::2 ! localhost:${end.port}`.split(" ");
  await using instance = await Instance.start(words, { port });
  {
    using client = await instance.client();
    assert.equal(new TextDecoder().decode(await client.readExactly(7)), "the end");
    assert.deepEqual(counts(await instance.control("show")), selfReferring(port, end.port));
    assert.equal((await instance.state()).connections, 21);
    await client.finish();
    assert.equal((await client.readToEnd()).end, "end-of-stream");
  }
  await instance.untilState("all have ended", ({ connections }) => connections === 0);
  const { groups } = await instance.state();
  assert.deepEqual(groups.flatMap(({ channels }) => channels.map(({ current }) => current)), [0, 0, 0, 0, 0]);
});
