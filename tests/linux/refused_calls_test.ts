/** What happens to the program when the kernel refuses a system call, as seccomp filters do. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { C, ERRNO } from "../../src/engine/linux/kernel/abi.ts";
import { echoBackend } from "../support/backends.ts";
import { assertEchoed } from "../support/echoed.ts";
import { CollectedText } from "../support/collected_text.ts";
import { freePort } from "../support/free_port.ts";
import { Instance, type InstanceOptions } from "../support/instance.ts";
import { killQuietly, type Outcome, program, run } from "../support/program.ts";
import { condition, linux, testWith } from "../support/requirements.ts";
import { filterProgram, type Refusal } from "../support/system_call_filter.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const BULK = 6_000_000;

const launcher = fileURLToPath(new URL("../support/run_refused.ts", import.meta.url));
const filters = condition(await hasFilters(), "needs seccomp filters");
const fromSource = condition(program[0] === Deno.execPath(), "the filter comes with a start from source");

/** Words that start the program with calls refused. */
function refusing(refusals: readonly Refusal[], how: "exec" | "inside" = "exec"): { before: string[] } {
  return { before: [Deno.execPath(), "run", "-A", "--no-lock", launcher, JSON.stringify(refusals), how] };
}

async function hasFilters(): Promise<boolean> {
  if (!linux.met) return false;
  const [command, ...args] = [...refusing([]).before, "true"];
  return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
}

function echoing(test: (channel: string) => Promise<void>): () => Promise<void> {
  return async () => {
    await using backend = echoBackend();
    await test(`127.0.0.1:${backend.port}`);
  };
}

function start(channel: string, engine: string, options: InstanceOptions): Promise<Instance> {
  return Instance.start([channel], { ...options, options: ["-d", "--engine", engine] });
}

function lines(instance: Instance, pattern: RegExp): string[] {
  return instance.stderr.text.split("\n").filter((line) => pattern.test(line));
}

const NO_SPLICE: readonly [what: string, refusal: Refusal, reason: RegExp][] = [
  ["splice with EPERM", { call: "splice", errno: ERRNO.EPERM }, /Cannot splice: Operation not permitted/],
  ["splice with ENOSYS", { call: "splice", errno: ERRNO.ENOSYS }, /Cannot splice: Function not implemented/],
  ["splice with EACCES", { call: "splice", errno: ERRNO.EACCES }, /Cannot splice: Permission denied/],
  // A service's filter may answer with any number (systemd.exec(5), SystemCallErrorNumber=).
  ["splice with EBADF", { call: "splice", errno: ERRNO.EBADF }, /Cannot splice: Bad file descriptor/],
  [
    "pipe2 for the engine",
    { call: "pipe2", where: [1, C.O_NONBLOCK | C.O_CLOEXEC], errno: ERRNO.EPERM },
    /Cannot make/,
  ],
];

for (const [what, refusal, reason] of NO_SPLICE) {
  testWith(
    [linux, filters],
    `streams are read and written where the kernel refuses ${what}, and the log says so once`,
    echoing(async (channel) => {
      await using instance = await start(channel, "linux", refusing([refusal]));
      await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => assertEchoed(instance.port, BULK + seed, seed)));
      const { failed, sent, rcvd } = await instance.channel(0);
      assert.deepEqual([failed, sent, rcvd], [0, 6 * BULK + 21, 6 * BULK + 21]);
      const said = lines(instance, /relaying with read and write only/);
      assert.equal(said.length, 1, said.join("\n"));
      assert.match(said[0], reason);
    }),
  );
}

testWith(
  [linux, filters],
  "a pipe that may not be made larger moves the same bytes, and nothing is said",
  echoing(async (channel) => {
    const refusal: Refusal = { call: "fcntl", where: [1, C.F_SETPIPE_SZ], errno: ERRNO.EPERM };
    await using instance = await start(channel, "linux", refusing([refusal]));
    await Promise.all([1, 2, 3].map((seed) => assertEchoed(instance.port, BULK + seed, seed)));
    assert.deepEqual(lines(instance, /read and write only/), []);
  }),
);

/** Calls that the linux engine needs, refused in a way that leaves Deno what it needs. */
const NEEDED: readonly [name: string, refusal: Refusal, how: "exec" | "inside"][] = [
  ["epoll_create1", { call: "epoll_create1", errno: ERRNO.EPERM }, "inside"],
  ["eventfd", { call: "eventfd2", errno: ERRNO.ENOSYS }, "inside"],
  [
    "setsockopt SO_OOBINLINE",
    { call: "setsockopt", where: [2, C.SO_OOBINLINE], errno: ERRNO.EPERM },
    "exec",
  ],
  ["ioctl SIOCATMARK", { call: "ioctl", where: [1, C.SIOCATMARK], errno: ERRNO.EACCES }, "exec"],
  ["ioctl TIOCOUTQ", { call: "ioctl", where: [1, C.TIOCOUTQ], errno: ERRNO.ENOSYS }, "exec"],
];

for (const [name, refusal, how] of NEEDED) {
  const needs = [linux, filters, ...how === "inside" ? [fromSource] : []];
  testWith(
    needs,
    `auto takes the portable engine where the kernel refuses ${name}, and says why`,
    echoing(async (channel) => {
      await using instance = await start(channel, "auto", refusing([refusal], how));
      await assertEchoed(instance.port, BULK);
      const reason = new RegExp(`the linux engine cannot run: ${name} is refused: [A-Z]`);
      assert.equal(lines(instance, new RegExp(`engine portable.*${reason.source}`)).length, 1, instance.stderr.text);
      const state = await instance.state() as unknown as { engine: string; engineReason: string };
      assert.equal(state.engine, "portable");
      assert.match(state.engineReason, reason);
    }),
  );
  testWith(
    needs,
    `asking for the linux engine where the kernel refuses ${name} is an error that names it`,
    async () => {
      const { code, stderr, stdout } = await runRefused([refusal], how, "linux");
      assert.deepEqual([code, stdout], [64, ""]);
      assert.match(stderr, new RegExp(`^balance: the linux engine cannot run: ${name} is refused: [^\\n]*\\n$`));
    },
  );
}

testWith(
  [linux, filters],
  "where no connection may be accepted the linux engine does not start and says so",
  async () => {
    const { code, stderr } = await runRefused([{ call: "accept4", errno: ERRNO.EPERM }], "exec", "linux");
    assert.equal(code, 64);
    assert.match(stderr, /^balance: the linux engine cannot run: accept4 is refused: Operation not permitted\n$/);
  },
);

testWith(
  [linux, filters],
  "where no socket option may be set the program does not start and says so",
  async () => {
    for (const engine of ["linux", "auto"]) {
      const { code, stderr } = await runRefused([{ call: "setsockopt", errno: ERRNO.EPERM }], "exec", engine);
      assert.ok(code === 64 || code === 71, stderr);
      assert.match(stderr, /^balance: [^\n]*\n$/);
      if (engine === "linux") assert.match(stderr, /setsockopt TCP_NODELAY is refused: Operation not permitted/);
    }
  },
);

testWith(
  [linux, filters],
  "a socket option of the user's that the kernel refuses is an error that names it",
  async () => {
    const { code, stderr } = await runRefused(
      [{ call: "setsockopt", where: [2, C.TCP_USER_TIMEOUT], errno: ERRNO.EPERM }],
      "exec",
      "linux",
      ["--tcp-user-timeout", "10"],
    );
    assert.equal(code, 71);
    assert.match(stderr, /Cannot set TCP_USER_TIMEOUT towards clients: Operation not permitted/i);
  },
);

testWith(
  [linux, fromSource],
  "without the permission for libc auto takes the portable engine, and linux is an error",
  async () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    using directory = temporaryDirectory();
    const start = (engine: string) => {
      const options = ["-f", "-d", "--engine", engine, "-b", "127.0.0.1", "--control-dir", directory.path];
      const args = ["run", "--no-prompt", "--allow-all", "--deny-ffi", "cli.ts", ...options];
      return new Deno.Command(Deno.execPath(), {
        args: [...args, String(freePort()), "127.0.0.1:9"],
        cwd: root,
        env: { NO_COLOR: "1" },
        stdout: "null",
        stderr: "piped",
      });
    };
    const { code, stderr } = await start("linux").output();
    assert.equal(code, 64);
    assert.equal(
      new TextDecoder().decode(stderr),
      "balance: the linux engine cannot run: there is no permission, --allow-ffi\n",
    );
    const child = start("auto").spawn(), log = new CollectedText(child.stderr);
    try {
      await log.until("engine portable, threads 1: the linux engine cannot run: there is no permission, --allow-ffi");
    } finally {
      killQuietly(child);
      await Promise.all([child.status, log.ended]);
    }
  },
);

Deno.test("a filter refuses the calls that it names and lets all others and other architectures pass", () => {
  const words = (bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer);
    return Array.from(
      { length: bytes.length / 8 },
      (_, i) => [view.getUint16(i * 8, true), view.getUint32(i * 8 + 4, true)],
    );
  };
  const arm = words(filterProgram([{ call: "splice", errno: 1 }], "aarch64"));
  assert.deepEqual(arm.map(([code]) => code), [0x20, 0x15, 0x06, 0x20, 0x15, 0x06, 0x06]);
  assert.deepEqual(arm[1][1], 0xc00000b7);
  assert.deepEqual(arm[4][1], 76);
  assert.deepEqual(arm[5][1], 0x00050001);
});

async function runRefused(
  refusals: readonly Refusal[],
  how: "exec" | "inside",
  engine: string,
  options: readonly string[] = [],
): Promise<Outcome> {
  const args = ["-f", "--engine", engine, ...options, "-b", "127.0.0.1", String(freePort()), "127.0.0.1:9"];
  return await run(args, refusing(refusals, how));
}
