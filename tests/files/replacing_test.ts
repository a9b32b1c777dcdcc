/** Files that get a new text: all of it or nothing, with mode, owner, links and a backup. */
import assert from "node:assert/strict";
import { ReplaceError, replaceFiles } from "../../src/files/replace_files.ts";
import { installed, linux, namespaces, posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { fileURLToPath } from "node:url";

const bytes = (text: string) => new TextEncoder().encode(text);
const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

Deno.test("a file gets its new text, and the old one stays beside it", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a`;
  Deno.writeTextFileSync(path, "1");
  replaceFiles([{ path, text: "2", before: bytes("1") }]);
  replaceFiles([{ path, text: "3", before: bytes("2") }]);
  assert.equal(Deno.readTextFileSync(path), "3");
  assert.equal(Deno.readTextFileSync(`${path}~`), "2");
  assert.deepEqual(names(directory.path), ["a", "a~"]);
});

testWith([posix], "a replaced file keeps its mode, and a symbolic link to it", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a`, link = `${directory.path}/link`;
  Deno.writeTextFileSync(path, "1");
  Deno.chmodSync(path, 0o4640);
  Deno.symlinkSync("a", link);
  replaceFiles([{ path: link, text: "2", before: bytes("1") }]);
  assert.equal(Deno.readLinkSync(link), "a");
  assert.equal(Deno.readTextFileSync(path), "2");
  assert.equal(Deno.statSync(path).mode! & 0o7777, 0o4640);
  assert.deepEqual(names(directory.path), ["a", "a~", "link"]);
});

testWith([root], "a replaced file keeps its owner", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a`;
  Deno.writeTextFileSync(path, "1");
  Deno.chownSync(path, 1234, 4321);
  replaceFiles([{ path, text: "2", before: bytes("1") }]);
  const { uid, gid } = Deno.statSync(path);
  assert.deepEqual([uid, gid], [1234, 4321]);
});

Deno.test("a file that somebody else has changed is left alone, and so are all others", () => {
  using directory = temporaryDirectory();
  const [a, b] = ["a", "b"].map((name) => `${directory.path}/${name}`);
  for (const path of [a, b]) Deno.writeTextFileSync(path, "1");
  assert.throws(
    () => replaceFiles([{ path: a, text: "2", before: bytes("1") }, { path: b, text: "2", before: bytes("0") }]),
    (error) => error instanceof ReplaceError && /^cannot write ".*\/b": it has changed since/.test(error.message),
  );
  assert.deepEqual([a, b].map((path) => Deno.readTextFileSync(path)), ["1", "1"]);
  assert.deepEqual(names(directory.path), ["a", "b"]);
});

Deno.test("a file whose backup cannot be made keeps all the others from being replaced, and their last backups stay", () => {
  using directory = temporaryDirectory();
  const [a, b] = ["a", "b"].map((name) => `${directory.path}/${name}`);
  for (const path of [a, b]) Deno.writeTextFileSync(path, "1");
  Deno.writeTextFileSync(`${a}~`, "0");
  Deno.mkdirSync(`${b}~`);
  const replacements = [a, b].map((path) => ({ path, text: "2", before: bytes("1") }));
  assert.throws(
    () => replaceFiles(replacements),
    /^ReplaceError: cannot write ".*\/b": a directory has the name of its backup$/,
  );
  assert.deepEqual([a, b, `${a}~`].map((path) => Deno.readTextFileSync(path)), ["1", "1", "0"]);
  assert.deepEqual(names(directory.path), ["a", "a~", "b", "b~"]);
});

Deno.test("a missing file is an error, and not made", () => {
  using directory = temporaryDirectory();
  assert.throws(
    () => replaceFiles([{ path: `${directory.path}/a`, text: "2", before: bytes("1") }]),
    /cannot write .*: there is no such file/,
  );
});

const MODULE = fileURLToPath(new URL("../../src/files/replace_files.ts", import.meta.url));

/** Replaces `/mnt/a` in a mount namespace prepared by a script. @returns what was said, then the files and the old text */
function inMount(script: string): string {
  const code = `import { replaceFiles } from ${JSON.stringify(`file://${MODULE}`)};
    try { replaceFiles([{ path: "/mnt/a", text: "2".repeat(1e6), before: new TextEncoder().encode("1") }]); console.log("done"); }
    catch (error) { console.log(error.name, error.message); }
    console.log([...Deno.readDirSync("/mnt")].map(({ name }) => name).join(), Deno.readTextFileSync("/mnt/a"));`;
  const { stdout, stderr } = new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", `set -e\n${script}\nexec "$@"`, "sh", Deno.execPath(), "eval", code],
    env: { NO_COLOR: "1" },
  }).outputSync();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const mounts = [linux, root, namespaces("--mount"), installed("mount")];

testWith(mounts, "on a full disk the old file stays", () => {
  assert.equal(
    inMount("mount -t tmpfs -o size=64k none /mnt; printf 1 > /mnt/a"),
    'ReplaceError cannot write "/mnt/a": the disk is full\na 1\n',
  );
});

testWith(mounts, "on a read-only file system the old file stays", () => {
  assert.equal(
    inMount("mount -t tmpfs none /mnt; printf 1 > /mnt/a; mount -o remount,ro /mnt"),
    'ReplaceError cannot write "/mnt/a": the file system is read-only\na 1\n',
  );
});
