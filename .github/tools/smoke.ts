// deno-lint-ignore-file no-console -- a command-line tool: its output is its purpose
/**
 * Starts a program and balances real traffic through it: `smoke.ts [--windows] [--control COMMAND] -- PROGRAM [WORD…]`.
 *
 * PROGRAM is a compiled program, or a command that runs one. Every step is one line; the first that fails ends the run
 * with code 1. `--windows` says that the program runs on Windows (the default there). `--control` is for a container:
 * PROGRAM starts one that serves in the foreground, and COMMAND (words between spaces) runs the program inside it.
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";

const DEADLINE = 300_000; // milliseconds for the whole run, in which no step may hang

const { values, positionals: words } = parseArgs({
  args: Deno.args,
  options: { windows: { type: "boolean" }, control: { type: "string" } },
  allowPositionals: true,
});
const windows = values.windows || Deno.build.os === "windows";
const controlWords = values.control?.split(" ") ?? words;
const text = new TextDecoder();

/** A TCP server that answers every HTTP request with its own number, and closes. */
class BackEnd {
  served = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  constructor(readonly number: number) {
    this.#run();
  }
  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }
  close(): void {
    this.#listener.close();
  }
  async #run(): Promise<void> {
    for await (const connection of this.#listener) this.#answer(connection).catch(() => {});
  }
  async #answer(connection: Deno.TcpConn): Promise<void> {
    using _ = connection;
    const buffer = new Uint8Array(4096);
    let request = "";
    while (!request.includes("\r\n\r\n")) {
      const n = await connection.read(buffer);
      if (n === null) return;
      request += text.decode(buffer.subarray(0, n));
    }
    this.served++;
    const length = Number(/ \/(\d+) /.exec(request)?.[1] ?? 1);
    const body = new Uint8Array(length).fill(48 + this.number);
    await write(connection, new TextEncoder().encode(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`));
    await write(connection, body);
  }
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

/** Asks for so many bytes through the balancer, and checks that they arrive whole, from one back end. */
async function ask(port: number, length = 1): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/${length}`, { headers: { connection: "close" } });
  const body = await response.text();
  assert.equal(body.length, length);
  assert.equal(body, body[0].repeat(length));
  return body[0];
}

async function run(
  [program, ...before]: readonly string[],
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...before, ...args],
    stdin: "null",
  }).output();
  return { code, stdout: text.decode(stdout).replaceAll("\r\n", "\n"), stderr: text.decode(stderr) };
}

async function control(port: number, command: string, ...options: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(controlWords, ...options, "-c", command, String(port));
  assert.equal(code, 0, stderr);
  return stdout;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Waits until the port takes connections, or no longer does. */
async function until(port: number, open: boolean): Promise<void> {
  for (;;) {
    const answered = await Deno.connect({ hostname: "127.0.0.1", port }).then((connection) => {
      connection.close();
      return true;
    }, () => false);
    if (answered === open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function say(line: string): void {
  console.log(`  ok  ${line}`);
}

/** Traffic over three back ends, and what an operator does to them. Ends with all three enabled and serving. */
async function balance(port: number, backEnds: readonly BackEnd[], options: readonly string[]): Promise<void> {
  for (const backEnd of backEnds) backEnd.served = 0;
  await Promise.all(Array.from({ length: 30 }, () => ask(port)));
  assert.deepEqual(backEnds.map((backEnd) => backEnd.served), [10, 10, 10]);
  say("30 requests, 10 for each of three back ends");
  await ask(port, 5_000_000);
  say("5,000,000 bytes arrive whole");
  assert.match(await control(port, "show", ...options), new RegExp(` ENA +127\\.0\\.0\\.1 +${backEnds[0].port} `));
  assert.equal(await control(port, "disable 1", ...options), "channel 1 disabled\n");
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(port)));
  assert.ok(!answers.includes("1"), `a disabled channel was chosen: ${answers}`);
  assert.equal(await control(port, "enable 1", ...options), "channel 1 enabled\n");
  say("show, disable and enable a running instance");
}

async function foreground(options: readonly string[], ...before: string[]): Promise<void> {
  const backEnds = [0, 1, 2].map((number) => new BackEnd(number));
  const port = freePort();
  const child = new Deno.Command(words[0], {
    args: [...words.slice(1), ...before, ...options, String(port), ...backEnds.map((backEnd) => backEnd.address)],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  try {
    await Promise.race([
      until(port, true),
      child.status.then(({ code }) => assert.fail(`the program ended with code ${code}`)),
    ]);
    say("starts in the foreground");
    if (values.control !== undefined) await versionAndCodes();
    // Waiting for the port has made connections, so any back end may be next; the checks below count whole rounds.
    await balance(port, backEnds, options);
    backEnds[2].close();
    // A socket with an accept under way takes connections, and drops them, for a moment after close().
    await until(backEnds[2].port, false);
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(port)));
    assert.ok(!answers.includes("2"), answers.join());
    say("fails over when a back end is gone");
    await (windows ? killed(port, child, options) : drained(port, child));
  } finally {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended, as it should.
    }
    await child.status;
    backEnds[0].close();
    backEnds[1].close();
  }
}

async function killed(port: number, child: Deno.ChildProcess, options: readonly string[]): Promise<void> {
  await control(port, "kill", ...options);
  assert.equal((await child.status).code, 0);
  await until(port, false);
  say("the command kill ends it with code 0");
}

/** SIGTERM lets a request that has begun get its answer. */
async function drained(port: number, child: Deno.ChildProcess): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await write(connection, new TextEncoder().encode("GET /1 HTTP/1.1\r\n"));
  await ask(port); // A connection made later is served, so the first one has been taken.
  child.kill("SIGTERM");
  await until(port, false);
  await write(connection, new TextEncoder().encode("\r\n"));
  assert.match(await new Response(connection.readable).text(), /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal((await child.status).code, 0);
  say("SIGTERM closes the port, lets a request end and gives code 0");
}

/** The page is for browsers and not imported, so that it is missing where a program was not compiled with it. */
async function page(port: number): Promise<void> {
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    assert.equal(response.status, 200, path);
    return await response.text();
  };
  const html = await get("/"), files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file);
  assert.ok(files.length > 5, html);
  for (const file of files) assert.ok((await get(`/${file}`)).length > 100, file);
  assert.equal(JSON.parse(await get("/api/v1/state")).services.length, 1);
  say("the page and its files are there");
}

async function background(): Promise<void> {
  const backEnds = [0, 1, 2].map((number) => new BackEnd(number));
  const port = freePort(), web = freePort(), channels = backEnds.map((backEnd) => backEnd.address);
  const { code, stderr } = await run(words, "--web", String(web), String(port), ...channels);
  try {
    assert.equal(code, 0, stderr);
    // The parent promises that the port is open once it has ended: no waiting here.
    await ask(port);
    say("goes to the background once it serves");
    await balance(port, backEnds, []);
    await page(web);
    const { stdout } = await run(words, "--list");
    assert.match(stdout, new RegExp(`\\b${port}\\b`));
    say("--list shows it");
  } finally {
    if (code === 0) await control(port, "kill");
    backEnds.forEach((backEnd) => backEnd.close());
  }
  await until(port, false);
  say("the command kill frees its port");
}

async function versionAndCodes(): Promise<void> {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const { code, stdout, stderr } = await run(controlWords, "--version");
  assert.equal(code, 0, stderr);
  assert.ok(stdout.includes(version), `--version says ${JSON.stringify(stdout)}, not ${version}`);
  say(stdout.trim());
  assert.equal((await run(controlWords, "--no-such-option", "8080")).code, 64);
  say("a wrong option gives code 64");
}

async function smoke(): Promise<void> {
  // In a container there is nothing to run the program in until it serves.
  if (values.control !== undefined) return await foreground([]);
  await versionAndCodes();
  const folder = await Deno.makeTempDir({ prefix: "balance-smoke-" });
  try {
    await foreground(["--control-dir", folder], "-f");
    await background();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  assert.ok(words.length > 0, "usage: smoke.ts [--windows] [--control COMMAND] -- PROGRAM [WORD…]");
  setTimeout(() => {
    console.error(`  --  not done after ${DEADLINE / 1000} s`);
    Deno.exit(1);
  }, DEADLINE);
  let code = 0;
  try {
    await smoke();
  } catch (error) {
    console.error(`  --  ${(error as Error).message}`);
    code = 1;
  }
  // At once: after a failure something may still be waiting for ever.
  Deno.exit(code);
}
