import type { Contender } from "../contender.ts";
import { installed } from "./installed.ts";

/** pen, in its plain round robin. It has one thread only. */
export function pen(): Contender {
  const program = installed("pen");
  return {
    name: "pen",
    threads: 1,
    missing: program ? undefined : "pen is not installed",
    command: ({ port, backEnd, clients }) => [
      program!,
      ...["-f", "-r", "-q", "1024", "-x", `${clients}`, "-c", "2048"],
      ...[`127.0.0.1:${port}`, `127.0.0.1:${backEnd}`],
    ],
  };
}
