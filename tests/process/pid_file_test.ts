/** The file of `--pid-file`, by itself. */
import assert from "node:assert/strict";
import { PidFile } from "../../src/process/pid_file.ts";
import { posix, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name);

Deno.test("a PID file is there once it is published, and gone at the end", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/pid`, file = PidFile.prepare(path);
  assert.equal(names(directory.path).includes("pid"), false);
  file.publish();
  assert.equal(Deno.readTextFileSync(path), `${Deno.pid}\n`);
  assert.deepEqual(names(directory.path), ["pid"]);
  file.remove();
  assert.deepEqual(names(directory.path), []);
});

Deno.test("the PID file of a successor is left alone", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/pid`, file = PidFile.prepare(path);
  file.publish();
  Deno.writeTextFileSync(path, "1\n");
  file.remove();
  assert.equal(Deno.readTextFileSync(path), "1\n");
});

Deno.test("a PID file that is never published changes nothing", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/pid`;
  Deno.writeTextFileSync(path, "1\n");
  PidFile.prepare(path).remove();
  assert.equal(Deno.readTextFileSync(path), "1\n");
  assert.deepEqual(names(directory.path), ["pid"]);
});

testWith([posix], "a path that cannot hold a PID file is an error that names it", () => {
  using directory = temporaryDirectory();
  const cannot = (path: string, why: string) =>
    assert.throws(() => PidFile.prepare(path), { message: `Cannot write PID file "${path}": ${why}` });
  cannot("/dev/null", "it is not a regular file");
  cannot(directory.path, "it is not a regular file");
  cannot(`${directory.path}/no/such`, "No such file or directory");
});

testWith([posix], "a link in place of the PID file is replaced, not followed", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/pid`, precious = `${directory.path}/precious`;
  Deno.writeTextFileSync(precious, "precious\n");
  Deno.symlinkSync(precious, path);
  PidFile.prepare(path).publish();
  assert.equal(Deno.readTextFileSync(precious), "precious\n");
  assert.equal(Deno.readTextFileSync(path), `${Deno.pid}\n`);
});
