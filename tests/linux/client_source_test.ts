/** `-B client`: connections to channels come from the address of the client, between networks of the tests' own. */
import assert from "node:assert/strict";
import { Instance } from "../support/instance.ts";
import { Networks, ownNetworks } from "../support/networks.ts";
import { run } from "../support/program.ts";
import { installed, linux, root, testWith } from "../support/requirements.ts";
import { Document } from "../structure/document.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** A server on port 80 that tells each client its address, and prints it. */
const SERVER = `
const listener = Deno.listen({ hostname: "::", port: 80 });
console.log("listens");
for await (const connection of listener) {
  const { hostname } = connection.remoteAddr, address = hostname.replace("::ffff:", "");
  console.log("from " + address);
  connection.write(new TextEncoder().encode(address)).catch(() => {}).then(() => connection.close());
}`;

/** A client that sends a text and prints what it is told. */
const client = (host: string, port: number, first = "") => `
const connection = await Deno.connect({ hostname: "${host}", port: ${port} });
await connection.write(new TextEncoder().encode(${JSON.stringify(first)}));
const bytes = await new Response(connection.readable).bytes();
await Deno.stdout.write(bytes);`;

const FOUR = "10.7.2.2:80", SIX = "[fd07:2::2]:80";

/** What docs/client-addresses.md tells the machine with the balancer to do, for these networks. */
async function recipe(): Promise<string> {
  const { text } = await Document.read("docs/client-addresses.md");
  const [, block] = /```sh\n((?:(?!```)[^])*?ip rule add iif [^]*?)```/.exec(text) ?? [];
  assert.ok(block !== undefined, "the page has the recipe");
  const routes = block.split("\n").filter((line) => line.startsWith("ip "));
  assert.equal(routes.filter((line) => line.includes(" iif eth1 ")).length, 2);
  return routes.join("\n").replaceAll("eth1", "channels");
}

testWith(ownNetworks, "a channel sees the client's own address, with the routes that the page names", async () => {
  await using networks = await Networks.make();
  await networks.shell("balancer", await recipe());
  const server = networks.start("channel", SERVER);
  await server.until("listens");
  for (const threads of ["1", "3"]) {
    const options = ["-B", "client", "--threads", threads, "--check", "tcp", "--accept-proxy", "10.7.1.2"];
    const before = networks.before("balancer"), from = server.text.length;
    await using instance = await Instance.start([FOUR, SIX], { bind: "::", options, before });
    // A health check is the balancer's own affair.
    await instance.untilState("both channels are checked", ({ groups: [{ channels }] }) => {
      return channels.every(({ health }) => health?.state === "up");
    });
    const checks = server.text.slice(from).match(/from \S+/g) ?? [];
    assert.deepEqual([...new Set(checks)].sort(), ["from 10.7.2.1", "from fd07:2::1"]);
    const told = (host: string, first?: string) => networks.run("client", client(host, instance.port, first));
    // Each time, whatever channel's turn it is: channels of the other family are passed over.
    for (let i = 0; i < 3; i++) assert.equal(await told("fd07:1::1"), "fd07:1::2");
    const header = "PROXY TCP4 192.0.2.77 10.7.1.1 1000 80\r\n";
    for (let i = 0; i < 2; i++) assert.equal(await told("10.7.1.1", header), "192.0.2.77");
    assert.equal(await told("10.7.1.1", "PROXY UNKNOWN\r\n"), "10.7.1.2");
    assert.equal(await told("10.7.1.1", "PROXY TCP6 fd07:9::1 fd07:1::1 1000 80\r\n"), "fd07:9::1");
    // No address at all would be any of this machine.
    assert.equal(await told("10.7.1.1", "PROXY TCP4 0.0.0.0 10.7.1.1 1000 80\r\n"), "");
    const { groups: [{ channels }] } = await instance.state();
    assert.deepEqual(channels.map(({ failed, failing }) => [failed, failing]), [[0, false], [0, false]]);
  }
});

testWith(ownNetworks, "a client without a channel of its family is closed, and the log says why", async () => {
  await using networks = await Networks.make();
  await networks.shell("balancer", await recipe());
  const server = networks.start("channel", SERVER), before = networks.before("balancer");
  await server.until("listens");
  await using instance = await Instance.start([FOUR], { bind: "::", options: ["-B", "client", "-a"], before });
  assert.equal(await networks.run("client", client("fd07:1::1", instance.port)), "");
  const line = await instance.logged(/cannot be reached/);
  assert.match(
    line,
    /group 0 channel 0 \(10\.7\.2\.2:80\) cannot be reached from client \[fd07:1::2\]:\d+: it is IPv4, the client IPv6$/,
  );
  // The balancer's own machine has no address that leads to another one and is 127.0.0.1.
  assert.equal(await networks.run("balancer", client("127.0.0.1", instance.port)), "");
  const { enabled, failed, failing } = await instance.channel(0);
  assert.deepEqual([enabled, failed, failing], [true, 0, false]);
  assert.equal(await networks.run("client", client("10.7.1.1", instance.port)), "10.7.1.2");
});

testWith(
  [linux, root, installed("setpriv")],
  "-B client without the capability is an error that names it",
  async () => {
    using directory = temporaryDirectory();
    const file = `${directory.path}/services`, control = ["--control-dir", directory.path];
    await Deno.writeTextFile(file, "-b 127.0.0.1 -B client 19 127.0.0.1:9\n");
    const before = ["setpriv", "--bounding-set", "-net_admin,-net_raw"], words = ["-b", "127.0.0.1", "-B", "client"];
    const missing = "connecting from clients' addresses needs the capability CAP_NET_ADMIN: Operation not permitted";
    const lost =
      'option -B client needs the capability CAP_NET_ADMIN, which option --user "nobody" gives up; start as ' +
      "that user with it instead, as systemd does with User= and AmbientCapabilities=";
    const portable = "the portable engine has no way to connect from clients' addresses";
    const cases = [
      [before, [], 71, missing],
      [[], ["--user", "nobody"], 71, lost],
      [[], ["--engine", "portable"], 64, portable],
    ] as const;
    for (const [before, more, code, message] of cases) {
      const started = await run([...control, "-f", ...words, ...more, "19", "127.0.0.1:9"], { before });
      assert.deepEqual([started.code, started.stderr], [code, `balance: ${message}\n`]);
      const checked = await run([...control, ...more, "--check-config", "--config", file], { before });
      assert.equal(checked.code, code);
      assert.ok(checked.stderr.startsWith(`balance: ${file}:1:17: ${message}\n`), checked.stderr);
    }
  },
);
