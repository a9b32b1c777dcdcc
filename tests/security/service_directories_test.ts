/** Instances of services, each with a directory of its own user in `/run`. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { Instance } from "../support/instance.ts";
import { OtherUsers, otherUsers } from "../support/other_users.ts";
import { CollectedText } from "../support/collected_text.ts";
import { killQuietly, run } from "../support/program.ts";
import { installed, linux, namespaces, testWith } from "../support/requirements.ts";

const SERVICE = 61_001, STRANGER = 61_002;

const needs = [linux, otherUsers, namespaces("--mount"), installed("nsenter")];

/** A mount namespace whose `/run` is empty, and the words that run something in it. */
class EmptyRun implements AsyncDisposable {
  readonly before: readonly string[];
  readonly #child: Deno.ChildProcess;
  readonly #text: CollectedText[];

  private constructor(child: Deno.ChildProcess, text: CollectedText[]) {
    this.#child = child;
    this.#text = text;
    this.before = ["nsenter", "--target", String(child.pid), "--mount", "--"];
  }

  static async make(): Promise<EmptyRun> {
    const script =
      "mount -t tmpfs -o mode=755 none /run && mkdir /run/balance.d && : >/run/balance.pid && echo made && exec cat";
    const child = new Deno.Command("unshare", {
      args: ["--mount", "sh", "-c", script],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const text = [new CollectedText(child.stdout), new CollectedText(child.stderr)];
    await text[0].until("made\n");
    return new EmptyRun(child, text);
  }

  /** Makes a directory as systemd does for a service (RuntimeDirectory). */
  async directory(path: string, uid: number): Promise<void> {
    const [command, ...args] = [...this.before, "install", "-d", "-m", "700", "-o", `${uid}`, "-g", `${uid}`, path];
    assert.ok((await new Deno.Command(command, { args }).output()).success);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    killQuietly(this.#child);
    await Promise.all([this.#child.status, ...this.#text.map(({ ended }) => ended)]);
  }
}

testWith(
  needs,
  "root lists the instances of services, and their users control them without naming the directory",
  async () => {
    using users = new OtherUsers();
    await using space = await EmptyRun.make();
    const port = freePort(), path = `/run/balance-${port}`, root = { before: space.before };
    const service = { before: [...space.before, ...users.before(SERVICE)] };
    const stranger = { before: [...space.before, ...users.before(STRANGER)] };
    await space.directory(path, SERVICE);
    const directory = { path, [Symbol.dispose]() {} };
    await using _instance = await Instance.start(["127.0.0.1:1"], { ...service, port, directory });
    await using own = await Instance.start([], {
      ...root,
      directory: { path: "/run/balance", [Symbol.dispose]() {} },
    });
    const all = await run(["--list"], root);
    assert.equal(all.stderr, "", "nothing about what is no control directory");
    const rows = all.stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/).slice(0, 2));
    assert.deepEqual(rows, [["ADDRESS", "USER"], [`127.0.0.1:${own.port}`, "0"], [`127.0.0.1:${port}`, `${SERVICE}`]]);
    const { directories, instances } = JSON.parse((await run(["--list", "--json"], root)).stdout);
    assert.deepEqual(directories, ["/run/balance", path]);
    assert.deepEqual(
      instances.map(({ directory, user }: { directory: string; user: number }) => [directory, user]),
      [["/run/balance", 0], [path, SERVICE]],
    );
    // Its own user needs no directory; root is told whose it is.
    assert.deepEqual(await run(["-c", "disable 0"], service), { code: 0, stdout: "channel 0 disabled\n", stderr: "" });
    assert.equal((await run(["--list"], service)).stdout.split("\n").length, 3);
    const refused = await run(["-c", "enable 0", `${port}`], root);
    assert.deepEqual([refused.code, refused.stdout], [69, ""]);
    assert.match(
      refused.stderr,
      /^balance: no master process, exiting\.\n {2}no service on port \d+ is running in "\/run\/balance"/,
    );
    assert.match(
      refused.stderr,
      new RegExp(`127\\.0\\.0\\.1:${port} belongs to user ${SERVICE}: sudo -u '#${SERVICE}' `),
    );
    // Other users learn where they cannot look.
    const strange = await run(["--list"], stranger);
    assert.deepEqual([strange.code, strange.stdout], [0, ""]);
    assert.match(
      strange.stderr,
      new RegExp(`^balance: ${path} belongs to user ${SERVICE}; to see what runs there: sudo`, "m"),
    );
    assert.equal((await run(["-c", "show", `${port}`], stranger)).code, 69);
  },
);

testWith(needs, "whatever a service's user puts in the way of root's --list does no harm", async () => {
  await using space = await EmptyRun.make();
  await space.directory("/run/balance-1", SERVICE);
  await using own = await Instance.start(["127.0.0.1:1"], {
    before: space.before,
    directory: { path: "/run/balance", [Symbol.dispose]() {} },
  });
  // A link to root's own socket, a file, and one that says whatever it likes.
  const script =
    `cd /run/balance-1; ln -s /run/balance/${own.port}@127.0.0.1.sock 1@127.0.0.1.sock; : >2@127.0.0.1.sock`;
  const made = await run([], {
    before: [...space.before, "setpriv", "--reuid", `${SERVICE}`, "sh", "-c", script, "sh"],
  });
  assert.deepEqual(made, { code: 0, stdout: "", stderr: "" });
  const { code, stdout, stderr } = await run(["--list"], { before: space.before });
  assert.deepEqual([code, stdout.split("\n").length], [0, 3]);
  assert.equal(stderr.match(/cannot use control socket "[^"]+": it is not a socket\n/g)?.length, 2, stderr);
});
