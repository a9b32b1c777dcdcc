import assert from "node:assert/strict";
import { installed, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

for (const [file, instance] of [["balance@.service", "balance@8080.service"], ["balance.service", "balance.service"]]) {
  testWith(
    [linux, installed("systemd-analyze")],
    `systemd accepts ${file} without a warning`,
    () => verify(file, instance),
  );
}

function verify(file: string, instance: string): void {
  using directory = temporaryDirectory();
  const unit = Deno.readTextFileSync(new URL(`../../.github/systemd/${file}`, import.meta.url));
  // The program need not be installed to check its unit, but systemd looks for it.
  const path = `${directory.path}/${instance}`;
  Deno.writeTextFileSync(path, unit.replaceAll("/usr/local/bin/balance", "/bin/true"));
  const { stdout, stderr } = new Deno.Command("systemd-analyze", { args: ["verify", "--man=no", path] }).outputSync();
  const complaints = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.deepEqual(complaints.split("\n").filter((line) => line.includes("balance")), []);
}
