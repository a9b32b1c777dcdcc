import assert from "node:assert/strict";
import { installed, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

testWith([linux, installed("systemd-analyze")], "systemd accepts the unit without a warning", () => {
  using directory = temporaryDirectory();
  const unit = Deno.readTextFileSync(new URL("../../.github/systemd/balance@.service", import.meta.url));
  // The program need not be installed to check its unit, but systemd looks for it.
  const path = `${directory.path}/balance@8080.service`;
  Deno.writeTextFileSync(path, unit.replace("/usr/local/bin/balance", "/bin/true"));
  const { stdout, stderr } = new Deno.Command("systemd-analyze", { args: ["verify", "--man=no", path] }).outputSync();
  const complaints = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.deepEqual(complaints.split("\n").filter((line) => line.includes("balance@")), []);
});
