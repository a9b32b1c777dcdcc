/**
 * OpenSSH through the balancer: a long-lived connection on which both sides talk, and which notices every wrong byte.
 */
import assert from "node:assert/strict";
import { CollectedText } from "../support/collected_text.ts";
import { ExternalServer, runClient } from "../support/external_server.ts";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { digestOf, pattern } from "../support/pattern.ts";
import { installed, linux, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const LARGE = pattern(20 * 1024 * 1024, 5);

/** An SSH server with its own keys behind the program, and the arguments for a client. */
async function withServer(
  test: (ssh: (...words: string[]) => string[], instance: Instance, directory: string) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const { path } = directory, port = freePort();
  for (const key of ["host", "user"]) {
    await runClient("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", `${path}/${key}`);
  }
  Deno.writeTextFileSync(
    `${path}/sshd_config`,
    `ListenAddress 127.0.0.1:${port}\nHostKey ${path}/host\nAuthorizedKeysFile ${path}/user.pub\nPidFile none
    StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n`,
  );
  using _empty = emptyDirectory("/run/sshd");
  await using _server = await ExternalServer.start("/usr/sbin/sshd", ["-D", "-e", "-f", `${path}/sshd_config`], port);
  await using instance = await Instance.start([`127.0.0.1:${port}`]);
  const options = ["BatchMode=yes", "StrictHostKeyChecking=no", `UserKnownHostsFile=${path}/known`, "LogLevel=ERROR"];
  const words = ["-F", "none", "-i", `${path}/user`, ...options.flatMap((option) => ["-o", option])];
  await test((...more) => [...words, ...more], instance, path);
  await instance.untilState("all have ended", ({ connections }) => connections === 0);
}

/** The directory that sshd needs for its unprivileged process; created here unless a service has created it. */
function emptyDirectory(path: string): Disposable {
  try {
    Deno.mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return { [Symbol.dispose]() {} };
  }
  return { [Symbol.dispose]: () => Deno.removeSync(path) };
}

const needs = [linux, root, installed("/usr/sbin/sshd", "ssh", "scp", "ssh-keygen")];

testWith(
  needs,
  "scp copies a large file there and back unchanged",
  () =>
    withServer(async (ssh, instance, directory) => {
      Deno.writeFileSync(`${directory}/file`, LARGE);
      const port = ["-P", String(instance.port)], far = (name: string) => `root@127.0.0.1:${directory}/${name}`;
      await runClient("scp", "-q", ...ssh(...port, `${directory}/file`, far("there")));
      assert.deepEqual(digestOf(Deno.readFileSync(`${directory}/there`)), digestOf(LARGE));
      await runClient("scp", "-q", ...ssh(...port, far("there"), `${directory}/back`));
      assert.deepEqual(digestOf(Deno.readFileSync(`${directory}/back`)), digestOf(LARGE));
      const { sent, rcvd } = await instance.channel(0);
      assert.ok(sent > LARGE.length && rcvd > LARGE.length, `${sent} and ${rcvd} bytes counted`);
    }),
);

testWith(
  needs,
  "one ssh session carries a dialogue, then megabytes both ways at the same time",
  () =>
    withServer(async (ssh, instance) => {
      const script = "read a; echo got $a; read b; echo got $b; exec cat";
      const child = new Deno.Command("ssh", {
        args: ssh("-p", String(instance.port), "root@127.0.0.1", script),
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const stderr = new CollectedText(child.stderr), writer = child.stdin.getWriter();
      const reader = child.stdout.getReader(), encoder = new TextEncoder();
      for (const word of ["first", "second"]) {
        await writer.write(encoder.encode(word + "\n"));
        assert.equal(new TextDecoder().decode((await reader.read()).value), `got ${word}\n`);
      }
      const sending = (async () => {
        for (let i = 0; i < LARGE.length; i += 65536) await writer.write(LARGE.subarray(i, i + 65536));
        await writer.close();
      })();
      const echoed = new Uint8Array(LARGE.length);
      let length = 0;
      for (let chunk = await reader.read(); chunk.value !== undefined; chunk = await reader.read()) {
        echoed.set(chunk.value, length);
        length += chunk.value.length;
      }
      await sending;
      const [{ code }] = await Promise.all([child.status, stderr.ended]);
      assert.deepEqual([code, stderr.text], [0, ""]);
      assert.deepEqual(digestOf(echoed), digestOf(LARGE));
    }),
);
