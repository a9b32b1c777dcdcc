/** The system log over real sockets: a log daemon that reads late, goes away, comes back, or wants a stream. */
import assert from "node:assert/strict";
import { LineWriter } from "../../src/log/line_writer.ts";
import { formatSyslog, SystemLog } from "../../src/log/syslog.ts";
import { eventually } from "../support/eventually.ts";
import { LogDaemon, queueLength } from "../support/log_daemon.ts";
import { linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A writer to a system log, as the program has it. */
class Writer implements Disposable {
  readonly log: SystemLog;
  readonly #writer: LineWriter;

  constructor(path: string, bound = 1_000_000) {
    this.log = new SystemLog(path);
    this.#writer = new LineWriter(this.log, bound, (lines) => `${lines} lost`);
  }

  write(...lines: string[]): void {
    for (const line of lines) this.#writer.write(bytes(line));
  }

  get lost(): number {
    return this.#writer.lost;
  }

  async flush(): Promise<void> {
    await this.#writer.flush(30_000);
  }

  [Symbol.dispose](): void {
    this.log.close();
  }
}

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}`);

Deno.test("a line has the priority, local time without a year, name, process id and escaped values", () => {
  const timestamp = new Date(2024, 1, 9, 3, 4, 5).getTime();
  const record = { category: ["balance"], rawMessage: "", properties: {}, timestamp };
  assert.equal(
    formatSyslog({ ...record, level: "error", message: ["bad ", "a\n\x1b\0", ""] }, "balance", 77),
    "<27>Feb  9 03:04:05 balance[77]: bad a\\x0a\\x1b\\x00",
  );
});

testWith([linux], "a log daemon that does not read makes nobody wait, and has every line once it reads", async () => {
  using directory = temporaryDirectory();
  using daemon = new LogDaemon(`${directory.path}/log`);
  using writer = new Writer(daemon.path);
  const lines = numbered(0, queueLength() + 50);
  writer.write(...lines);
  await eventually("the daemon is found to be too slow", () => writer.log.problem !== undefined);
  assert.equal(writer.log.problem, `the reader of ${daemon.path} is too slow`);
  assert.deepEqual(await daemon.until(new RegExp(`${lines.at(-1)}$`)), lines);
  await writer.flush();
  assert.deepEqual([writer.lost, writer.log.problem], [0, undefined]);
});

testWith([linux], "lines beyond the bound are counted, and said once there is room", async () => {
  using directory = temporaryDirectory();
  using daemon = new LogDaemon(`${directory.path}/log`);
  using writer = new Writer(daemon.path, 1000);
  writer.write(...numbered(1000, 1000 + queueLength() + 500));
  const lines = await daemon.until(/^\d+ lost$/);
  const said = Number(/^\d+/.exec(lines.at(-1)!)![0]);
  assert.equal(said, writer.lost);
  assert.equal(lines.length - 1 + said, queueLength() + 500);
  writer.write("again");
  assert.deepEqual(await daemon.until(/again/), ["again"]);
});

testWith(
  [linux],
  "a log daemon that starts late, ends and starts again has the lines of the time without one",
  async () => {
    using directory = temporaryDirectory();
    const path = `${directory.path}/log`;
    using writer = new Writer(path);
    assert.equal(writer.log.problem, `there is no ${path}`);
    writer.write("early");
    {
      using first = new LogDaemon(path);
      assert.deepEqual(await first.until(/early/), ["early"]);
      writer.write("present");
      assert.deepEqual(await first.until(/present/), ["present"]);
    }
    await writer.flush();
    writer.write("between");
    assert.equal(writer.log.problem, `nobody listens on ${path}`);
    {
      using second = new LogDaemon(path);
      assert.deepEqual(await second.until(/between/), ["between"]);
    }
    using third = new LogDaemon(path);
    writer.write("at once");
    assert.deepEqual(third.read(), ["at once"]);
  },
);

testWith([linux], "a log daemon that is stuck is left for the one that takes its path", async () => {
  using directory = temporaryDirectory();
  using stuck = new LogDaemon(`${directory.path}/log`);
  using writer = new Writer(stuck.path);
  writer.write(...numbered(0, queueLength() + 10));
  using next = new LogDaemon(stuck.path);
  await next.until(new RegExp(`line ${queueLength() + 9}$`));
});

testWith([linux], "a log that is a stream has the lines with a NUL after each", async () => {
  using directory = temporaryDirectory();
  using daemon = new LogDaemon(`${directory.path}/log`, "stream");
  using writer = new Writer(daemon.path, 10_000_000);
  const lines = numbered(0, 2000).map((line) => line.padEnd(500, "."));
  writer.write(...lines);
  const got: string[] = [];
  // What is read in one go may end in the middle of a line.
  await eventually("everything has been read", () => {
    got.push(...daemon.read());
    return got.join("").length >= lines.join("").length;
  });
  assert.equal(got.join(""), lines.join(""));
  assert.equal(writer.lost, 0);
});

testWith([linux], "a message longer than a datagram can be is cut between characters", async () => {
  using directory = temporaryDirectory();
  using daemon = new LogDaemon(`${directory.path}/log`);
  using writer = new Writer(daemon.path);
  writer.write("ä".repeat(400_000), "next");
  const [long] = await daemon.until(/^next$/);
  assert.match(long, /^ä+$/);
  assert.ok(long.length > 10_000 && long.length < 400_000, String(long.length));
});
