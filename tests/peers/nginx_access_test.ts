/** Access lists decide as nginx's do (ngx_stream_access_module): the same rules, the same clients, the same answers. */
import assert from "node:assert/strict";
import { Balancer } from "../../mod.ts";
import { namedBackend } from "../support/backends.ts";
import { askFrom } from "../support/client_from.ts";
import { ExternalServer } from "../support/external_server.ts";
import { freePorts } from "../support/free_port.ts";
import { ipv6, linux, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { needsNginx, STREAM_MODULE } from "./proxy_senders.ts";

type Rules = readonly (readonly [action: "allow" | "deny", network: string])[];

/** nginx serves whom no rule has, so that a list of `allow` needs `deny all` there; here it may have it. */
const LISTS: readonly Rules[] = [
  [],
  [["allow", "all"]],
  [["deny", "all"]],
  [["deny", "127.0.0.2"]],
  [["allow", "127.0.0.2"], ["deny", "all"]],
  [["deny", "127.0.0.2"], ["allow", "all"]],
  [["allow", "127.0.0.4/30"], ["deny", "127.0.0.0/28"]],
  [["deny", "127.0.0.5"], ["allow", "127.0.0.4/30"], ["deny", "all"]],
  [["deny", "127.0.0.0/8"], ["allow", "127.0.0.2"]],
  [["allow", "127.0.0.2"], ["deny", "127.0.0.2"]],
  [["allow", "::1"], ["deny", "all"]],
  [["deny", "::1"]],
  [["deny", "::/0"]],
  [["deny", "0.0.0.0/0"]],
  [["allow", "127.0.0.0/8"], ["deny", "::/0"]],
  [["deny", "2001:db8::/32"], ["deny", "127.0.0.3"], ["allow", "127.0.0.0/29"], ["deny", "0.0.0.0/0"]],
];

const CLIENTS = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.5", "127.0.0.7", "127.0.0.200", "::1"];

/** Which clients are answered on each of these ports. */
async function answered(port: (list: number) => number): Promise<string[]> {
  return await Promise.all(LISTS.map(async (_, i) => {
    const heard = await Promise.all(CLIENTS.map((client) => {
      return askFrom(client, port(i), client.includes(":") ? "::1" : "127.0.0.1").catch(() => "");
    }));
    return CLIENTS.filter((_, k) => heard[k] === "x").join(" ");
  }));
}

testWith([...needsNginx, linux, ipv6], "access lists decide as nginx's do", async () => {
  using directory = temporaryDirectory();
  const first = freePorts(LISTS.length),
    servers = LISTS.map((rules, i) => {
      const lines = rules.map(([action, network]) => `${action} ${network};`).join(" ");
      return `server { listen 127.0.0.1:${first + i}; listen [::1]:${first + i}; ${lines} return x; }`;
    });
  Deno.writeTextFileSync(
    `${directory.path}/nginx.conf`,
    `load_module ${STREAM_MODULE};
    daemon off; master_process off; pid ${directory.path}/pid; error_log stderr emerg; events {}
    stream { ${servers.join("\n")} }`,
  );
  let expected: string[];
  {
    await using _nginx = await ExternalServer.start("nginx", [
      "-c",
      `${directory.path}/nginx.conf`,
      "-p",
      directory.path,
    ], first);
    expected = await answered((i) => first + i);
  }
  assert.ok(new Set(expected).size > 8, "lists differ");
  await using backend = namedBackend("x");
  await using balancer = await Balancer.start({ engine: "portable" });
  const ports = await Promise.all(LISTS.map(async (rules, i) => {
    const service = await balancer.serve({
      name: `list-${i}`,
      hostname: ["127.0.0.1", "::1"],
      port: first + i,
      groups: [{ channels: [{ host: "127.0.0.1", port: backend.address.port }] }],
      accessRules: rules.map(([action, networks]) => ({ action, networks })),
    });
    return service.address.port;
  }));
  assert.deepEqual(await answered((i) => ports[i]), expected);
});
