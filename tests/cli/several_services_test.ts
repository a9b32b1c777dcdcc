/** The page docs/services.md, followed to the letter, in a network of its own. */
import assert from "node:assert/strict";
import { Document } from "../structure/document.ts";
import { within } from "../support/eventually.ts";
import { program } from "../support/program.ts";
import { installed, linux, namespaces, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const { text } = await Document.read("docs/services.md");
const [file] = [...text.matchAll(/^```\n(.*?)^```$/gms)].map(([, block]) => block);
const steps = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);

/** What an editor does between two of the steps. */
const EDIT = "sed -i 's/localhost:8002/localhost:8004/; s/-t 2/-t 3/' services.conf\n";

const needs = [linux, root, namespaces("--net", "--pid", "--fork", "--kill-child"), installed("ip")];
testWith(needs, "whoever follows the page has several services in one process", async () => {
  using directory = temporaryDirectory();
  Deno.mkdirSync(`${directory.path}/run`, { mode: 0o700 });
  Deno.writeTextFileSync(`${directory.path}/services.conf`, file);
  const reload = steps.findIndex((step) => step.includes("--diff"));
  assert.ok(reload > 0);
  const words = program.map((word) => `'${word}'`).join(" ");
  const script = [
    `set -e\nip link set lo up\nbalance() { ${words} "$@"; }\n`,
    ...steps.flatMap((step, i) => i === reload ? [EDIT, step] : [step]),
    'balance -c "show config"; balance -c "service web" -c "maxc 1 5" -c save; cat services.conf; balance -c kill\n',
  ].join("");
  const child = new Deno.Command("unshare", {
    args: ["--net", "--pid", "--fork", "--kill-child", "sh", "-c", script],
    cwd: directory.path,
    env: { NO_COLOR: "1", BALANCE_CONTROL_DIR: `${directory.path}/run` },
  });
  const { code, stdout, stderr } = await within(60, "follow the page", child.output());
  const said = new TextDecoder().decode(stdout);
  assert.equal(code, 0, said + new TextDecoder().decode(stderr));
  assert.match(said, /^services\.conf is valid: 2 services, 3 ports, 4 channels\n/);
  assert.match(said, /^ *web .*\n *mail /m);
  assert.match(said, /^channel 0 disabled$/m);
  assert.match(said, /^service "web": connect-timeout 2 → 3$/m);
  assert.match(said, /^service "web": group 0: channel "localhost:8002" removed/m);
  assert.match(said, /^balance --name mail -b 127\.0\.0\.1 --fail-timeout 10 -t 3 2525 localhost:2526$/m);
  const saved = "# when both are down\nbalance --name web 8080,8443 localhost:8001 localhost:8004:5 ! localhost:8003\n";
  assert.ok(said.includes(saved), said);
});
