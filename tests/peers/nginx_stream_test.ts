/** What nginx's stream modules do for clients, the program does, too: both are asked the same, on both engines. */
import { echoBackend, namedBackend } from "../support/backends.ts";
import { ExternalServer } from "../support/external_server.ts";
import { FileInstance } from "../support/file_instance.ts";
import { freePort } from "../support/free_port.ts";
import { linux, posix, type Requirement, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";
import { type Ends, scenarios } from "./nginx_stream.ts";
import { needsNginx, STREAM_MODULE } from "./proxy_senders.ts";

const ends = () => ({ one: namedBackend("one"), two: namedBackend("two"), echo: echoBackend() });

/** All scenarios as servers of one nginx. */
function nginxConfiguration(path: string, ports: readonly number[], ends: Ends): string {
  const servers = scenarios.map(({ around, nginx, listen = "" }, i) =>
    `${around?.(ends) ?? ""} server { listen 127.0.0.1:${ports[i]} ${listen}; ${nginx(ends)} }`
  );
  return `load_module ${STREAM_MODULE}; daemon off; master_process off; pid ${path}/pid; error_log ${path}/log crit;
    events {} stream { ${servers.join("\n")} }\n`;
}

/** Starts something that serves all scenarios on these ports. */
type Start = (ports: readonly number[], ends: Ends) => Promise<AsyncDisposable>;

async function startNginx(ports: readonly number[], ends: Ends): Promise<AsyncDisposable> {
  const directory = temporaryDirectory(), file = `${directory.path}/nginx.conf`;
  Deno.writeTextFileSync(file, nginxConfiguration(directory.path, ports, ends));
  const server = await ExternalServer.start("nginx", ["-c", file, "-p", directory.path], ports[0]);
  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

function startProgram(engine: string): Start {
  return (ports, ends) => {
    const lines = scenarios.map(({ options, channels }, i) =>
      `balance -b 127.0.0.1 ${options} ${ports[i]} ${channels(ends)}`
    );
    return FileInstance.start(lines, ["--engine", engine]);
  };
}

const subjects: readonly (readonly [string, readonly Requirement[], Start])[] = [
  ["nginx", needsNginx, startNginx],
  ["the linux engine", [linux], startProgram("linux")],
  ["the portable engine", [posix], startProgram("portable")],
];

for (const [name, needs, start] of subjects) {
  testWith(needs, `${name} does for clients what nginx's stream modules do`, async () => {
    const { one, two, echo } = ends(), ports = scenarios.map(() => freePort());
    await using _one = one;
    await using _two = two;
    await using _echo = echo;
    await using _subject = await start(ports, { one: one.port, two: two.port, echo: echo.port });
    for (const [i, { name, check, beyond }] of scenarios.entries()) {
      try {
        await check(ports[i]);
        if (start !== startNginx) await beyond?.(ports[i]);
      } catch (error) {
        throw new Error(`not so: ${name}`, { cause: error });
      }
    }
  });
}
