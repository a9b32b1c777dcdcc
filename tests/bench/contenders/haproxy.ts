import { type Ask, type Contender, named } from "../contender.ts";
import { installed } from "./installed.ts";

/** Pipes for splicing, which come off the same descriptor limit as the connections. */
const PIPES = 128;

/** HAProxy relaying TCP, its defaults otherwise; `splice` adds `option splice-auto`. */
export function haproxy(threads: number, splice: boolean): Contender {
  const program = installed("haproxy");
  return {
    name: named(splice ? "haproxy splice" : "haproxy", threads),
    threads,
    missing: program ? undefined : "haproxy is not installed",
    command: (ask) => {
      const path = `${ask.directory}/haproxy-${ask.port}.cfg`;
      Deno.writeTextFileSync(path, configuration(ask, threads, splice));
      return [program!, "-q", "-f", path];
    },
  };
}

function configuration({ port, backEnd, clients }: Ask, threads: number, splice: boolean): string {
  return `global
  nbthread ${threads}
  maxconn ${clients}
  maxpipes ${PIPES}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${splice ? "  option splice-auto\n" : ""}listen bench
  bind 127.0.0.1:${port}
  maxconn ${clients}
  server back 127.0.0.1:${backEnd}
`;
}
