/** Another program, in its own folder, that imports the library from a checkout as the README says. */
import assert from "node:assert/strict";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const CHECKOUT = new URL("../../", import.meta.url);

const PROGRAM = `
  import { Balancer } from "@balance/balance";
  for (const engine of ["portable", "auto"] as const) {
    await using balancer = await Balancer.start({ hostname: "127.0.0.1", port: 0, engine });
    console.log(balancer.address.port > 0);
  }
`;

Deno.test("library: a program elsewhere can import it from a checkout, without fetching anything", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", CHECKOUT));
  const [, configuration] = /^\`\`\`json\n(.*"@balance\/balance".*)\n\`\`\`$/m.exec(readme)!;
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
