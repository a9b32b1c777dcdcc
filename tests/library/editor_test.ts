import assert from "node:assert/strict";
import { LanguageServer } from "../support/language_server.ts";

const root = new URL("../../", import.meta.url).href;

Deno.test("library: editors show what an option is for, although its type comes from a record", async () => {
  const told: readonly (readonly [option: string, text: RegExp])[] = [
    ["port: 0", /Port to listen on/],
    ["connectTimeout: 5", /Seconds a channel has to accept/],
    ["hostname: '::1'", /Address to listen on/],
    ["clientKeepAlive: {}", /Keep-alive of clients' connections/],
    ["trace: true", /Report every step/],
  ];
  const lines = told.map(([option]) => `  ${option},`).join("\n"), uri = `${root}editor_try.ts`;
  await using server = await LanguageServer.start(root);
  await server.open(uri, `import { Balancer } from "./mod.ts";\nawait Balancer.start({\n${lines}\n});\n`);
  for (const [i, [option, text]] of told.entries()) assert.match(await server.hover(uri, i + 2, 3), text, option);
});
