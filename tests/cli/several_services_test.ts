/** The section "Several services" of the README, followed to the letter, in a network of its own. */
import assert from "node:assert/strict";
import { Document } from "../structure/document.ts";
import { within } from "../support/eventually.ts";
import { program } from "../support/program.ts";
import { installed, linux, namespaces, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const README = await Document.read("README.md");
const [section] = /^## Several services\n.*?(?=^## )/ms.exec(README.text)!;
const [file] = [...section.matchAll(/^```\n(.*?)^```$/gms)].map(([, block]) => block);
const steps = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);

const needs = [linux, root, namespaces("--net", "--pid", "--fork", "--kill-child"), installed("ip")];
testWith(needs, "whoever follows the README has several services in one process", async () => {
  using directory = temporaryDirectory();
  Deno.mkdirSync(`${directory.path}/run`, { mode: 0o700 });
  Deno.writeTextFileSync(`${directory.path}/services.conf`, file);
  const words = program.map((word) => `'${word}'`).join(" ");
  const script = [
    `set -e\nip link set lo up\nbalance() { ${words} "$@"; }\n`,
    ...steps,
    "balance -c kill\n",
  ].join("");
  const child = new Deno.Command("unshare", {
    args: ["--net", "--pid", "--fork", "--kill-child", "sh", "-c", script],
    cwd: directory.path,
    env: { NO_COLOR: "1", BALANCE_CONTROL_DIR: `${directory.path}/run` },
  });
  const { code, stdout, stderr } = await within(60, "follow the README", child.output());
  const said = new TextDecoder().decode(stdout);
  assert.equal(code, 0, said + new TextDecoder().decode(stderr));
  assert.match(said, /^services\.conf is valid: 2 services, 3 ports, 4 channels\n/);
  assert.match(said, /^ *web .*\n *mail /m);
  assert.match(said, /^channel 0 disabled$/m);
});
