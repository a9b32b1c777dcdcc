/**
 * Shows the balancer at work: three small HTTP back ends in this process, the real program before them, a failover and
 * a recovery. `--stay` leaves everything running for the reader to play with.
 *
 *     deno task demo [--stay]
 */
const root = new URL("../", import.meta.url);
const stay = Deno.args.includes("--stay");
const colour = Deno.stdout.isTerminal() && !Deno.noColor;
const bold = (text: string) => colour ? `\x1b[1m${text}\x1b[22m` : text;
const dim = (text: string) => colour ? `\x1b[2m${text}\x1b[22m` : text;
// deno-lint-ignore no-console -- showing things is what a demo is for
const say = (text = "") => console.log(text);

/** An HTTP server that answers with its name and can be stopped and started again. */
class BackEnd {
  readonly name: string;
  port = 0;
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;

  constructor(name: string) {
    this.name = name;
    this.start();
  }

  start(): void {
    const options = { hostname: "127.0.0.1", port: this.port, onListen: () => {} };
    this.#server = Deno.serve(options, () => new Response(`${this.name}\n`, { headers: { connection: "close" } }));
    this.port = this.#server.addr.port;
  }

  async stop(): Promise<void> {
    await this.#server?.shutdown();
  }
}

/** The program, started from source just as `deno task start` does. */
const program = (...args: string[]) =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "cli.ts", ...args],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });

async function control(command: string): Promise<string> {
  const { stdout } = await program("-c", command, String(port)).output();
  return new TextDecoder().decode(stdout).trimEnd();
}

/** One HTTP request on a new connection; the answer is the name of a back end. */
async function request(): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  return (await response.text()).trim();
}

async function requests(count: number): Promise<void> {
  const answers: string[] = [];
  for (let i = 0; i < count; i++) answers.push(await request().catch(() => bold("FAILED")));
  say(`   ${count} requests → ${answers.join(" ")}\n`);
}

/** 8080 if nobody has it, otherwise any free port. */
function freePort(): number {
  for (const port of [8080, 0]) {
    try {
      const listener = Deno.listen({ hostname: "127.0.0.1", port });
      listener.close();
      return listener.addr.port;
    } catch {
      // Taken; try the next.
    }
  }
  throw new Error("Cannot run demo: no free port");
}

/** What the program has logged so far; grows while it runs. */
let log = "";

/** Reads the program's log, and resolves once that says that the port is open; false if the program ends before. */
async function untilListening(): Promise<boolean> {
  const lines = balance.stderr.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  return await new Promise((resolve) => {
    (async () => {
      for await (const text of lines) {
        log += text;
        if (log.includes(" listens on ")) resolve(true);
      }
      resolve(false);
    })();
  });
}

const port = freePort();
const one = new BackEnd("one"), two = new BackEnd("two"), standby = new BackEnd("standby");
const command = ["-f", "-b", "127.0.0.1", String(port)]
  .concat([`127.0.0.1:${one.port}`, `127.0.0.1:${two.port}`, "!", `127.0.0.1:${standby.port}`]);

say(bold("Two back ends share the load, a third stands by"));
say(dim(`   $ balance ${command.join(" ")}`));
const balance = program(...command).spawn();
if (!await untilListening()) {
  say(`   The program ended with code ${(await balance.status).code}: ${log}`);
  Deno.exit(1);
}
await requests(6);

say(bold("“one” goes down: “two” takes over, no request fails"));
await one.stop();
await requests(4);

say(bold("“two” goes down as well: the standby group serves"));
await two.stop();
await requests(3);

say(bold("“one” and “two” come back: nothing to do, they are used again at once"));
one.start();
two.start();
await requests(4);

say(bold("An operator takes “one” out of service, and looks"));
say(dim(`   $ balance -c "disable 0" ${port}`));
say(`   ${await control("disable 0")}`);
await requests(3);
say(dim(`   $ balance -c show ${port}`));
say(`${(await control("show")).replaceAll(/^/gm, "   ")}\n`);

if (stay) {
  const task = "npx -y deno@2.9.6 task start";
  say(bold("Continue by hand in another terminal:"));
  say(`   curl http://127.0.0.1:${port}/`);
  say(`   ${task} -i ${port}              ${dim("then: help, show, enable 0, quit")}`);
  say(`   ${task} -c "show json" ${port}`);
  say("Ctrl-C ends everything.");
  await new Promise<void>((resolve) => Deno.addSignalListener("SIGINT", () => resolve()));
} else {
  say(bold("That was the demo.") + " `npx -y deno@2.9.6 task demo --stay` leaves it running for you to try.");
}
say(dim(`   $ balance -c kill ${port}`));
say(`   ${await control("kill")}`);
await Promise.all([one.stop(), two.stop(), standby.stop()]);
const { code } = await balance.status;
say(`\n${bold("What it logged")} (${code === 0 ? "it ended normally" : `exit code ${code}`})`);
say(dim(log.trimEnd().replaceAll(/^/gm, "   ")));
Deno.exit(code);
