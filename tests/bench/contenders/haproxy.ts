import { type Ask, type Contender, named } from "../contender.ts";
import { installed } from "./installed.ts";

/** Pipes for splicing, which come off the same descriptor limit as the connections. */
const PIPES = 128;

/** Its ways to splice: not at all, when it sees fit (which for plain TCP may be never), and always. */
const SPLICING = {
  "haproxy": "",
  "haproxy auto": "  option splice-auto\n",
  "haproxy splice": "  option splice-request\n  option splice-response\n",
};

/** HAProxy relaying TCP, its defaults otherwise. */
export function haproxy(threads: number, name: keyof typeof SPLICING): Contender {
  const program = installed("haproxy");
  return {
    name: named(name, threads),
    threads,
    missing: program ? undefined : "haproxy is not installed",
    command: (ask) => {
      const path = `${ask.directory}/haproxy-${ask.port}.cfg`;
      Deno.writeTextFileSync(path, configuration(ask, threads, SPLICING[name]));
      return [program!, "-q", "-f", path];
    },
  };
}

function configuration({ port, backEnd, clients }: Ask, threads: number, splicing: string): string {
  return `global
  nbthread ${threads}
  maxconn ${clients}
  maxpipes ${PIPES}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
${splicing}listen bench
  bind 127.0.0.1:${port}
  maxconn ${clients}
  server back 127.0.0.1:${backEnd}
`;
}
