/** A program to be measured between clients and back end. */
export interface Contender {
  readonly name: string;
  /** Threads or worker processes that move bytes. */
  readonly threads: number;
  /** The engine, when it is this program. */
  readonly engine?: Engine;
  /** The command line that serves in the foreground; undefined for no proxy at all. */
  readonly command?: (ask: Ask) => readonly string[];
  /** Neighbouring ports that it listens on, from the one it is told on. Default: that one. */
  readonly ports?: number;
  /** Its engine alone with so many services on so many ports, when it is this version of this program. */
  readonly withServices?: (services: number, ports: number) => Contender;
  /** Why it cannot be run here. */
  readonly missing?: string;
}

/** What a contender must do. */
export interface Ask {
  /** Where it may write its configuration. */
  readonly directory: string;
  /** Port on 127.0.0.1 to listen on. */
  readonly port: number;
  /** Port on 127.0.0.1 to connect to. */
  readonly backEnd: number;
  /** Clients it must be able to serve at a time. */
  readonly clients: number;
  /** This program's words for channels instead of the back end alone. */
  readonly channels?: readonly string[];
}

/** Names of this program's engines. */
export const ENGINES = ["portable", "linux"] as const;

/** One of them. */
export type Engine = typeof ENGINES[number];

/** No proxy: what clients and back end reach on their own. */
export const DIRECT: Contender = { name: "no proxy", threads: 0 };

/** Adds the number of threads to a name if there are several. */
export function named(name: string, threads: number): string {
  return threads === 1 ? name : `${name} x${threads}`;
}
