/** Sockets that a service manager opens and hands over (sd_listen_fds(3)). */
import assert from "node:assert/strict";
import { ListeningSocket } from "../process/listening_socket.ts";
import { activate, type Handed } from "../support/activated.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { CollectedText } from "../support/collected_text.ts";
import { within } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { endProcess } from "../support/instance.ts";
import { processesWith } from "../support/processes.ts";
import { program, run } from "../support/program.ts";
import { installed, ipv6, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** What a new client receives to the end. */
async function answer(port: number, hostname?: string): Promise<string> {
  using client = await Client.connect(port, hostname);
  await client.finish();
  let text = "";
  await within(30, "wait for the end", client.readToEnd((bytes) => text += new TextDecoder().decode(bytes)));
  return text;
}

/** Starts the program with these sockets, until `use` is done. @returns its exit code and log */
async function activated(
  handed: readonly Handed[],
  args: readonly string[],
  use: (log: CollectedText, directory: string) => Promise<void> = () => Promise.resolve(),
): Promise<{ code: number; stderr: string }> {
  using directory = temporaryDirectory();
  const child = activate(handed, [...args, "--control-dir", directory.path]);
  const stderr = new CollectedText(child.stderr), stdout = new CollectedText(child.stdout);
  try {
    await use(stderr, directory.path);
  } finally {
    for (const pid of processesWith(directory.path)) await endProcess(pid);
  }
  const [{ code }] = await Promise.all([child.status, stderr.ended, stdout.ended]);
  return { code, stderr: stderr.text };
}

/** The same for one that ends by itself. */
async function refused(handed: readonly Handed[], ...args: string[]): Promise<[number, string]> {
  using directory = temporaryDirectory();
  const child = activate(handed, ["-f", ...args, "--control-dir", directory.path]);
  const stderr = new CollectedText(child.stderr), stdout = new CollectedText(child.stdout);
  const [{ code }] = await within(30, "wait for its end", Promise.all([child.status, stderr.ended, stdout.ended]));
  return [code, stderr.text];
}

testWith([linux, installed("bash")], "a service serves the socket that was opened for it, queue included", async () => {
  await using back = namedBackend("here");
  using socket = new ListeningSocket();
  // It waits in the queue before there is a program.
  const early = answer(socket.port);
  const args = ["-f", "-b", "127.0.0.1", String(socket.port), `127.0.0.1:${back.port}`];
  await activated([socket], args, async (log) => {
    await log.until(" listens on ", 0, 60);
    assert.equal(await early, "here");
    assert.equal(await answer(socket.port), "here");
  });
});

testWith(
  [linux, installed("bash")],
  "services of a file get theirs by name, and open the others themselves",
  async () => {
    await using web = namedBackend("web");
    await using mail = namedBackend("mail");
    using directory = temporaryDirectory();
    using socket = new ListeningSocket();
    const own = freePort(), file = `${directory.path}/services`;
    Deno.writeTextFileSync(
      file,
      `--name mail -b 127.0.0.1 ${own} 127.0.0.1:${mail.port}\n--name web ${socket.port} 127.0.0.1:${web.port}\n`,
    );
    const handed = [{ descriptor: socket.descriptor, name: "web" }];
    await activated(handed, ["-f", "--config", file], async (log) => {
      await log.until(" listens on ", 0, 60);
      assert.deepEqual([await answer(own), await answer(socket.port)], ["mail", "web"]);
    });
  },
);

testWith(
  [linux, installed("bash")],
  "a service in the background, and its successor, serve the socket that was opened for it",
  async () => {
    await using back = namedBackend("here");
    using socket = new ListeningSocket();
    const args = ["--engine", "linux", "-b", "127.0.0.1", String(socket.port), `127.0.0.1:${back.port}`];
    await activated([socket], args, async (log, directory) => {
      await log.ended;
      assert.equal(await answer(socket.port), "here");
      const upgrade = await run(["-c", "upgrade", "--control-dir", directory]);
      assert.match(upgrade.stdout, /^upgraded/);
      assert.equal(await answer(socket.port), "here");
    });
  },
);

testWith([linux, installed("bash")], "a socket that fits nowhere, and what is no socket, is an error", async () => {
  using socket = new ListeningSocket();
  const port = freePort(),
    where = `127.0.0.1:${socket.port}`,
    service = ["-b", "127.0.0.1", String(port), "127.0.0.1:1"];
  assert.deepEqual(await refused([{ descriptor: socket.descriptor, name: "x" }], ...service), [
    71,
    `balance: cannot use descriptor 3 ("x"), which listens on ${where}: no service has that port\n`,
  ]);
  using directory = temporaryDirectory();
  using _file = Deno.openSync(`${directory.path}/file`, { write: true, create: true });
  const descriptor = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => Number(name)).find((fd) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${fd}`) === `${directory.path}/file`;
    } catch {
      return false;
    }
  })!;
  assert.deepEqual(await refused([{ descriptor }], ...service), [
    71,
    "balance: cannot use descriptor 3: it is not an open socket\n",
  ]);
});

testWith(
  [linux, installed("bash")],
  "the portable engine refuses sockets of a service manager, and says why",
  async () => {
    using socket = new ListeningSocket();
    const service = ["-b", "127.0.0.1", String(socket.port), "127.0.0.1:1"];
    assert.deepEqual(await refused([socket], "--engine", "portable", ...service), [
      71,
      "balance: cannot use descriptor 3: the portable engine takes over no listening sockets\n",
    ]);
  },
);

testWith([linux, ipv6, installed("systemd-socket-activate")], "systemd's own way works", async () => {
  await using back = namedBackend("here");
  using directory = temporaryDirectory();
  const port = freePort(), words = ["-l", String(port), "--fdname=web", "-E", "NO_COLOR=1", "--", ...program, "-f"];
  const child = new Deno.Command("systemd-socket-activate", {
    // It listens on any IPv6 address, and so on IPv4 as well.
    args: [...words, "--control-dir", directory.path, "--name", "web", String(port), `127.0.0.1:${back.port}`],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const stderr = new CollectedText(child.stderr);
  try {
    await stderr.until("Listening on ");
    // The first client starts the program.
    assert.equal(await answer(port), "here");
    assert.equal(await answer(port), "here");
    const upgrade = await run(["-c", "upgrade", "--control-dir", directory.path]);
    assert.match(upgrade.stdout, /^upgraded/);
    assert.deepEqual([await answer(port), await answer(port, "::1")], ["here", "here"]);
  } finally {
    for (const pid of processesWith(directory.path)) await endProcess(pid);
    await Promise.all([child.status, stderr.ended]);
  }
});
