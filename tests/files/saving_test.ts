/** Files of services that are saved: what runs is what the next start reads. */
import assert from "node:assert/strict";
import { ExitError } from "../../src/process/exit_codes.ts";
import { ReplaceError } from "../../src/files/replace_files.ts";
import { readConfig, saveConfig } from "../../src/files/config_file.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

Deno.test("changed services are saved to the files that describe them, and the result is what is read next", () => {
  using directory = temporaryDirectory();
  const main = `${directory.path}/main.conf`, other = `${directory.path}/other.conf`;
  Deno.writeTextFileSync(main, "# all\ninclude *er.conf\n80 a # web\n");
  Deno.writeTextFileSync(other, "25 mail\n");
  const before = readConfig(main), [mail, web] = before.spec.services;
  assert.deepEqual(saveConfig(before, [mail, web]), { written: [], file: before });
  const changed = { ...mail, values: { connectTimeout: 1 } };
  const { written, file } = saveConfig(before, [changed, web, {
    ...web,
    name: "81",
    ports: [{ first: 81, last: 81, word: "81" }],
  }]);
  assert.deepEqual(written, [other, main]);
  assert.equal(Deno.readTextFileSync(main), "# all\ninclude *er.conf\n80 a # web\nbalance 81 a\n");
  assert.equal(Deno.readTextFileSync(other), "balance -t 1 25 mail\n");
  assert.deepEqual(readConfig(main), file);
  assert.deepEqual(saveConfig(file, file.spec.services).written, []);
  assert.throws(() => saveConfig(before, [web]), ReplaceError);
});

Deno.test("what a file cannot say is not saved", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a`;
  Deno.writeTextFileSync(path, "80 a\n");
  const file = readConfig(path), [web] = file.spec.services;
  const odd = { ...web, groups: [{ strategy: "rr" as const, channels: [{ host: "a\nb", port: undefined, maxc: 0 }] }] };
  assert.throws(() => saveConfig(file, [odd]), ExitError);
  assert.equal(Deno.readTextFileSync(path), "80 a\n");
});

Deno.test("many faults are shown in part", () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/a`;
  Deno.writeTextFileSync(path, "$\n".repeat(60));
  assert.throws(() => readConfig(path), (error) => {
    assert.ok(error instanceof ExitError);
    assert.deepEqual([error.code, error.details.length, error.details.at(-1)], [64, 150, "and 10 more"]);
    return true;
  });
});
