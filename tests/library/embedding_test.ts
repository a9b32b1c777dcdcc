/** Another program, in its own folder, that imports the library from a checkout as its page says. */
import assert from "node:assert/strict";
import { testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { terminals } from "../support/terminal.ts";

const CHECKOUT = new URL("../../", import.meta.url);

const PROGRAM = `
  import { Balancer } from "@balance/balance";
  for (const engine of ["portable", "auto"] as const) {
    await using balancer = await Balancer.start({ hostname: "127.0.0.1", port: 0, engine });
    console.log(balancer.address.port > 0);
  }
`;

Deno.test("library: a program elsewhere can import it from a checkout, without fetching anything", async () => {
  const page = await Deno.readTextFile(new URL("docs/library.md", CHECKOUT));
  const [, configuration] = /^\`\`\`json\n(.*"@balance\/balance".*)\n\`\`\`$/m.exec(page)!;
  const { imports } = JSON.parse(configuration) as { imports: Record<string, string> };
  using directory = temporaryDirectory();
  const paths = Object.entries(imports).map((
    [name, path],
  ) => [name, new URL(path.replace(/^.*\//, ""), CHECKOUT).href]);
  await Deno.writeTextFile(`${directory.path}/deno.json`, JSON.stringify({ imports: Object.fromEntries(paths) }));
  await Deno.writeTextFile(`${directory.path}/program.ts`, PROGRAM);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-remote", "--no-npm", "program.ts"],
    cwd: directory.path,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.deepEqual([code, text(stdout), text(stderr)], [0, "true\ntrue\n", ""]);
});

/** Listens on every address and has a channel on the same port, so that it has to know which addresses are its own. */
const SAME_PORT = `
  import { Balancer } from "${new URL("mod.ts", CHECKOUT).href}";
  await using balancer = await Balancer.start({ port: 0, groups: [{ channels: [{ host: "192.0.2.1", port: 9 }] }] });
  await balancer.add(0, { host: "192.0.2.1" });
  console.log("no questions");
`;

testWith(terminals, "library: on a terminal nobody is asked for permissions beyond the network", async () => {
  using directory = temporaryDirectory();
  await Deno.writeTextFile(`${directory.path}/program.ts`, SAME_PORT);
  const configuration = new URL("deno.json", CHECKOUT).pathname;
  const command = `${Deno.execPath()} run --allow-net --quiet --config ${configuration} ${directory.path}/program.ts`;
  const { stdout } = await new Deno.Command("script", {
    args: ["--quiet", "--flush", "--return", "--command", command, "/dev/null"],
    // A question waits for its answer.
    signal: AbortSignal.timeout(60_000),
    stdin: "null",
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "no questions\r\n");
});
