import { type Contender, type Engine, named } from "../contender.ts";

/** The program's file. */
export const PROGRAM = new URL("../../../cli.ts", import.meta.url).pathname;

/** This program, from source, with one of its engines. @param help its `--help`, which says what it can be asked for */
export function thisProgram(engine: Engine, threads: number, help: string): Contender {
  const choice = help.includes("--engine");
  return {
    name: named(engine, threads),
    threads,
    engine,
    missing: choice || engine === "portable" ? undefined : "this version has no --engine",
    command: ({ directory, port, backEnd, channels = [`127.0.0.1:${backEnd}`] }) => [
      ...[Deno.execPath(), "run", "-A", PROGRAM, "--control-dir", `${directory}/control`],
      ...(choice ? ["--engine", engine] : []),
      ...(choice && engine !== "portable" ? ["--threads", `${threads}`] : []),
      ...["-f", "-b", "127.0.0.1", `${port}`, ...channels],
    ],
  };
}

/** What `--help` prints. */
export async function helpText(): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", PROGRAM, "--help"], env: { NO_COLOR: "1" } });
  return new TextDecoder().decode((await command.output()).stdout);
}
