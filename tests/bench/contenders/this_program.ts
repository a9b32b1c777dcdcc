import { type Contender, type Engine, named } from "../contender.ts";
import { UsageError } from "../options.ts";
import { isFile } from "./installed.ts";

/** The program's file. */
export const PROGRAM = new URL("../../../cli.ts", import.meta.url).pathname;

const ENGINE_ALONE = new URL("engine_alone.ts", import.meta.url).pathname;

/** A version of this program, from source. */
export interface Version {
  /** The program's file. */
  readonly program: string;
  /** What `--help all` prints, which shows its options. An earlier version has one help. */
  readonly help: string;
  /** Stands behind the engine's name; empty for the version that is here. */
  readonly suffix: string;
}

/** The version in this checkout. */
export async function present(): Promise<Version> {
  return await version(PROGRAM, "");
}

/** An earlier version, in another checkout. @throws {UsageError} when there is none */
export async function earlier(directory: string): Promise<Version> {
  const program = `${directory}/cli.ts`;
  if (!isFile(program)) throw new UsageError(`--before: there is no ${program}`);
  return await version(program, " before");
}

/** This program with one of its engines. */
export function thisProgram(engine: Engine, threads: number, { program, help, suffix }: Version): Contender {
  const choice = help.includes("--engine");
  return {
    name: named(engine + suffix, threads),
    threads,
    engine,
    withServices: program === PROGRAM ? (services, ports) => engineAlone(engine, threads, services, ports) : undefined,
    missing: choice || engine === "portable" ? undefined : "this version has no --engine",
    command: ({ directory, port, backEnd, channels = [`127.0.0.1:${backEnd}`] }) => [
      ...[Deno.execPath(), "run", "-A", program, "--control-dir", `${directory}/control`],
      ...(choice ? ["--engine", engine] : []),
      ...(choice && engine !== "portable" ? ["--threads", `${threads}`] : []),
      ...["-f", "-b", "127.0.0.1", `${port}`, ...channels],
    ],
  };
}

function engineAlone(engine: Engine, threads: number, services: number, ports: number): Contender {
  return {
    name: `${named(engine, threads)} alone, services: ${services}, ports: ${ports}`,
    threads,
    ports,
    command: ({ port, backEnd }) => [
      ...[Deno.execPath(), "run", "-A", ENGINE_ALONE, engine],
      ...[threads, port, backEnd, services, ports].map(String),
    ],
  };
}

async function version(program: string, suffix: string): Promise<Version> {
  const args = ["run", "-A", program, "--help", "all"];
  const command = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } });
  return { program, help: new TextDecoder().decode((await command.output()).stdout), suffix };
}
