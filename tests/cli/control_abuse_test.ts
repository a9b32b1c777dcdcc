/** Whatever arrives over the control socket, however wrong, gets a one-line answer and disturbs nobody else. */
import assert from "node:assert/strict";
import { echoBackend } from "../support/backends.ts";
import type { Client } from "../support/client.ts";
import { within } from "../support/eventually.ts";
import { Instance } from "../support/instance.ts";
import { version } from "../support/program.ts";
import { linux, posix, testWith } from "../support/requirements.ts";

/** A raw session on the control socket. */
class Session implements Disposable {
  readonly #connection: Deno.UnixConn;
  #text = "";

  private constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  static async open({ directory, port }: Instance): Promise<Session> {
    return new Session(await Deno.connect({ transport: "unix", path: `${directory.path}/${port}@127.0.0.1.sock` }));
  }

  /** Sends all of it, or as much as the other side takes. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    try {
      for (let offset = 0; offset < bytes.length;) offset += await this.#connection.write(bytes.subarray(offset));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }

  async finish(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** The next line; null at the end. */
  async line(): Promise<string | null> {
    const buffer = new Uint8Array(64 * 1024);
    while (!this.#text.includes("\n")) {
      const length = await within(30, "wait for a line", this.#connection.read(buffer));
      if (length === null) return this.#text === "" ? null : `unfinished: ${this.#text}`;
      this.#text += new TextDecoder().decode(buffer.subarray(0, length));
    }
    const end = this.#text.indexOf("\n"), line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }

  /** So many lines. */
  async lines(count: number): Promise<(string | null)[]> {
    const lines: (string | null)[] = [];
    while (lines.length < count) lines.push(await this.line());
    return lines;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** An instance before an echo back end, with a client and a session that must not be disturbed. */
async function withBystanders(abuse: (instance: Instance, assertUndisturbed: () => Promise<void>) => Promise<void>) {
  await using back = echoBackend();
  await using instance = await Instance.start([`127.0.0.1:${back.port}`]);
  using client = await instance.client();
  await echo(client);
  using session = await Session.open(instance);
  assert.match((await session.line())!, /^balance 1 \d+ /);
  const assertUndisturbed = async () => {
    await echo(client);
    using another = await instance.client();
    await echo(another);
    await session.send("group 3\n");
    assert.equal(await session.line(), "ok 0 3");
  };
  await abuse(instance, assertUndisturbed);
  await assertUndisturbed();
  assert.equal(await instance.control("maxc 0 5"), "maxc of channel 0 changed to 5\n");
}

async function echo(client: Client): Promise<void> {
  await client.send("are you there");
  assert.equal(new TextDecoder().decode(await client.readExactly(13)), "are you there");
}

testWith([posix], "the protocol can be used by hand", async () => {
  await using instance = await Instance.start(["127.0.0.1:1"]);
  using session = await Session.open(instance);
  const { pid } = await instance.state();
  assert.equal(await session.line(), `balance 1 ${pid} ${version}`);
  await session.send("disable 0\ngroup 2\r\nnonsense\n\nver\nquit\n");
  assert.deepEqual(await session.lines(11), [
    "ok 1 0",
    "channel 0 disabled",
    "ok 0 2",
    "error 1 2",
    "syntax error",
    "ok 0 2",
    "ok 3 2",
    `  This is balance ${version}`,
    "  MAXGROUPS=32",
    "  MAXCHANNELS=64",
    "bye 0 2",
  ]);
  assert.equal(await session.line(), null);
});

testWith(
  [posix],
  "NUL, control characters and broken UTF-8 are syntax errors",
  () =>
    withBystanders(async (instance) => {
      using session = await Session.open(instance);
      await session.line();
      const wrong = [
        "\0",
        "show\0",
        "\0show",
        "\x1b[2J",
        "sh\x07ow",
        "show\x7f",
        "disable 0\0",
        "disable \u202e0",
        "\x01 0",
      ];
      for (const words of wrong) {
        await session.send(words + "\n");
        assert.deepEqual([words, ...await session.lines(2)], [words, "error 1 0", "syntax error"]);
      }
      for (const bytes of [[0xff, 0xfe, 10], [0xc3, 0x28, 10], [0xed, 0xa0, 0x80, 10], [0x80, 10]]) {
        await session.send(new Uint8Array(bytes));
        assert.deepEqual(await session.lines(2), ["error 1 0", "syntax error"]);
      }
      await session.send("create \x1b[31m 80\ncreate 127.0.0.1\0 80\nassign 0 \u202e 1\n");
      assert.deepEqual(await session.lines(6), [
        "error 1 0",
        "invalid address",
        "error 1 0",
        "invalid address",
        "error 1 0",
        "channel must be disabled to assign new address",
      ]);
      assert.doesNotMatch(instance.stderr.text, /[^\n -~]/);
    }),
);

testWith(
  [posix],
  "a line of ten megabytes gets a one-line error, and the session ends",
  () =>
    withBystanders(async (instance, assertUndisturbed) => {
      using session = await Session.open(instance);
      await session.line();
      const sent = session.send("x".repeat(10 * 1024 * 1024) + "\nshow\n");
      assert.equal(await session.line(), "error 1 0");
      assert.match((await session.line())!, /^line too long, at most \d+ bytes$/);
      await assertUndisturbed();
      await sent;
      assert.equal(await session.line().catch(() => null), null, "no second answer");
    }),
);

testWith([linux], "endless lines do not make the program grow", () =>
  withBystanders(async (instance) => {
    const megabytes = async () => {
      const status = Deno.readTextFileSync(`/proc/${(await instance.state()).pid}/status`);
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) / 1024;
    };
    const endless = async (sessions: number) => {
      for (let i = 0; i < sessions; i++) {
        using session = await Session.open(instance);
        await session.send("y".repeat(10 * 1024 * 1024));
      }
      return await megabytes();
    };
    // Garbage that the first ones leave is not growth.
    const before = await endless(10), after = await endless(20);
    assert.ok(after < before + 64, `from ${before} to ${after} MB by 200 MB`);
  }));

testWith(
  [posix],
  "an unfinished command is run at the end of the stream, and dropped at a reset",
  () =>
    withBystanders(async (instance) => {
      {
        using session = await Session.open(instance);
        await session.line();
        await session.send("disa");
      }
      using session = await Session.open(instance);
      await session.line();
      await session.send("maxc 0 ");
      await session.send("7");
      await session.finish();
      assert.deepEqual(await session.lines(3), ["ok 1 0", "maxc of channel 0 changed to 7", null]);
      assert.equal((await instance.channel(0)).enabled, true);
    }),
);

testWith(
  [posix],
  "a client that leaves without reading its answers does no harm",
  () =>
    withBystanders(async (instance) => {
      for (let i = 0; i < 20; i++) {
        using session = await Session.open(instance);
        await session.send("show\n".repeat(200));
      }
    }),
);

testWith(
  [posix],
  "silent clients keep nobody waiting",
  () =>
    withBystanders(async (instance, assertUndisturbed) => {
      const silent: Session[] = [];
      try {
        for (let i = 0; i < 30; i++) silent.push(await Session.open(instance));
        await assertUndisturbed();
        assert.equal(await instance.control("disable 0"), "channel 0 disabled\n");
        assert.equal(await instance.control("enable 0"), "channel 0 enabled\n");
      } finally {
        for (const session of silent) session[Symbol.dispose]();
      }
    }),
);

testWith(
  [posix],
  "a hundred sessions at once: each is served or turned away in one line",
  () =>
    withBystanders(async (instance, assertUndisturbed) => {
      const sessions: Session[] = [];
      let served = 0, refused = 0;
      try {
        for (let i = 0; i < 100; i++) sessions.push(await Session.open(instance));
        for (const session of sessions) {
          const first = await session.line();
          if (first!.startsWith("balance 1 ")) {
            served++;
            await session.send("version\n");
            assert.deepEqual((await session.lines(4))[0], "ok 3 0");
          } else {
            refused++;
            assert.equal(first, "error 1 0");
            assert.match((await session.line())!, /^too many sessions, at most \d+$/);
            assert.equal(await session.line(), null);
          }
        }
        assert.equal(served + refused, 100);
        assert.ok(served >= 50, `only ${served} were served`);
        await assertUndisturbed();
        const { code, stdout, stderr } = await instance.run(["-c", "show"]);
        if (refused > 0) {
          assert.deepEqual([code, stdout], [69, ""]);
          assert.match(stderr, /^balance: cannot control instance: too many sessions, at most 64\n$/);
        } else assert.equal(code, 0);
      } finally {
        for (const session of sessions) session[Symbol.dispose]();
      }
    }),
);

testWith([posix], "sessions see each other's changes, and each has its own current group", async () => {
  await using instance = await Instance.start(["127.0.0.1:1", "!", "127.0.0.1:2"]);
  using one = await Session.open(instance);
  using two = await Session.open(instance);
  await one.line();
  await two.line();
  await one.send("group 1\ndisable 0\n");
  assert.deepEqual(await one.lines(3), ["ok 0 1", "ok 1 1", "channel 0 disabled"]);
  await two.send("disable 0\ngroup 1\ndisable 0\n");
  assert.deepEqual(await two.lines(5), [
    "ok 1 0",
    "channel 0 disabled",
    "ok 0 1",
    "error 1 1",
    "channel 0 already disabled",
  ]);
});
