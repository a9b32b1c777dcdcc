/** Files of services on disk: what can be read, and what is refused without waiting. */
import assert from "node:assert/strict";
import { FileProblem } from "../../src/options/service_file.ts";
import { serviceFiles } from "../../src/files/service_files.ts";
import { within } from "../support/eventually.ts";
import { installed, linux, posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Why a file cannot be read. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof FileProblem, String(error));
    return error.message;
  }
  throw new Error("it was read");
}

Deno.test("a file is read as it is", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a`;
  for (const text of ["", "80 a\r\n", "x".repeat(300_000)]) {
    Deno.writeTextFileSync(path, text);
    assert.equal(new TextDecoder().decode(serviceFiles.read(path)), text);
  }
});

testWith([linux], "a file whose size is not known is read", () => {
  assert.match(new TextDecoder().decode(serviceFiles.read("/proc/self/status")), /^Name:/);
});

testWith([posix], "a directory, a FIFO and a device are refused at once", () => {
  using directory = temporaryDirectory();
  const { path } = directory, fifo = `${path}/fifo`, link = `${path}/link`;
  assert.ok(new Deno.Command("mkfifo", { args: [fifo] }).outputSync().success);
  Deno.symlinkSync("link", link);
  assert.match(refusal(() => serviceFiles.read(path)), /it is a directory/);
  assert.match(refusal(() => serviceFiles.read(fifo)), /it is a FIFO, not a file/);
  assert.match(refusal(() => serviceFiles.read("/dev/zero")), /it is a device, not a file/);
  assert.match(refusal(() => serviceFiles.read(link)), /symbolic links form a loop/);
  assert.match(refusal(() => serviceFiles.read(`${path}/none`)), /there is no such file/);
  assert.match(refusal(() => serviceFiles.read(`${path}/none/none`)), /there is no such file/);
});

Deno.test("a file of a gigabyte is refused without reading it", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/large`;
  Deno.writeTextFileSync(path, "");
  Deno.truncateSync(path, 2 ** 30);
  assert.match(refusal(() => serviceFiles.read(path)), /it has 1073741824 bytes, and at most 16 MiB are allowed/);
});

testWith(
  [posix, installed("sh")],
  "a file that is replaced again and again is read as one of its versions",
  async () => {
    using directory = temporaryDirectory();
    const path = `${directory.path}/a`, version = (digit: string) => `${digit.repeat(99)}\n`.repeat(1000);
    for (const digit of "12") Deno.writeTextFileSync(`${path}.${digit}`, version(digit));
    Deno.writeTextFileSync(path, version("1"));
    const writer = new Deno.Command("sh", {
      args: [
        "-c",
        'while [ -e "$1" ]; do for i in 1 2; do cp "$1.$i" "$1.new" && mv "$1.new" "$1"; done; done',
        "sh",
        path,
      ],
      stderr: "null",
    }).spawn();
    try {
      for (let i = 0; i < 100; i++) {
        const text = new TextDecoder().decode(serviceFiles.read(path));
        assert.ok(text === version("1") || text === version("2"));
      }
    } finally {
      writer.kill("SIGKILL");
      await within(10, "end the writer", writer.status);
    }
  },
);

testWith(
  [posix],
  "a pattern finds files beside the one that includes them, sorted, but no hidden ones and no backups",
  () => {
    using directory = temporaryDirectory();
    const { path } = directory, main = `${path}/main.conf`;
    Deno.mkdirSync(`${path}/conf.d/dir.conf`, { recursive: true });
    for (const name of ["b.conf", "a.conf", "a.conf~", ".c.conf", "d.txt", "B 1.conf", "[x]"]) {
      Deno.writeTextFileSync(`${path}/conf.d/${name}`, "");
    }
    const found = (pattern: string) => serviceFiles.expand(pattern, main).map((file) => file.slice(path.length + 1));
    assert.deepEqual(found("conf.d/*.conf"), ["conf.d/B 1.conf", "conf.d/a.conf", "conf.d/b.conf"]);
    assert.deepEqual(found("*/[a-b].conf"), ["conf.d/a.conf", "conf.d/b.conf"]);
    assert.deepEqual(found("conf.d/[!a]*.conf"), ["conf.d/B 1.conf", "conf.d/b.conf"]);
    assert.deepEqual(found("conf.d/?.*"), ["conf.d/a.conf", "conf.d/b.conf", "conf.d/d.txt"]);
    assert.deepEqual(found("conf.d/a*~"), ["conf.d/a.conf~"]);
    assert.deepEqual(found("conf.d/[[]x]"), ["conf.d/[x]"]);
    assert.deepEqual(found("none/*"), []);
    assert.deepEqual(found("conf.d/z*"), []);
    assert.deepEqual(found("conf.d/none"), ["conf.d/none"]);
    assert.deepEqual(serviceFiles.expand(`${path}/conf.d/a.c*`, "elsewhere"), [`${path}/conf.d/a.conf`]);
  },
);
