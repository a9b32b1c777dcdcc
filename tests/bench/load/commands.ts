import type { Window } from "./window.ts";

/** What every measurement of a load needs. Times in seconds. */
interface Measured {
  readonly port: number;
  readonly connections: number;
  /** The proxy's processes, whose processor time is taken at both ends of the window. */
  readonly pids: readonly number[];
  readonly warmUp: number;
  readonly seconds: number;
  /**
   * Whether to spin instead of sleeping, so that no proxy pays for waking the load; false if they share a processor.
   */
  readonly spin: boolean;
}

/** What the load process can be told to do, with its answers. One at a time, a JSON line each. */
export interface Commands {
  keepAlive: { ask: Measured; answer: Window };
  /** With `hello`, the request of each is a ClientHello. */
  newConnections: { ask: Measured & { readonly hello?: boolean }; answer: Window };
  streams: { ask: Measured; answer: Window };
  /** Latency in microseconds at so many requests a second. */
  fixedRate: { ask: Measured & { readonly rate: number }; answer: Latency };
  /** So many streams, and the latency of requests and of new connections beside them, each at its own rate a second. */
  besideStreams: {
    ask: Measured & { readonly rates: { readonly requests: number; readonly connections: number } };
    answer: {
      readonly requests: Latency;
      readonly connections: Latency;
      readonly bytes: number;
      readonly seconds: number;
    };
  };
  /** Connections that stay and do nothing, so many in all, the ones already there included. */
  hold: { ask: { readonly port: number; readonly connections: number }; answer: null };
  /** Ends the ones that were held. */
  release: { ask: Record<never, never>; answer: null };
  /** Connects until one connection is answered, as fast as it can. */
  firstAnswer: { ask: { readonly port: number; readonly within: number }; answer: null };
  /** Connects to each of the ports once, until it is answered, many at a time. */
  answers: { ask: { readonly ports: readonly number[]; readonly within: number }; answer: null };
}

/** Percentiles of latency in microseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly requests: number;
  /** Requests without an answer two seconds after the last was sent; they count with the time they have waited. */
  readonly unanswered: number;
}

/** Names of the commands. */
export type CommandName = keyof Commands;

/** A command as it is sent. */
export type Command = { [Name in CommandName]: { readonly name: Name } & Commands[Name]["ask"] }[CommandName];

/** What comes back: the back end's port once at start, then one of these a command. */
export type Reply = { readonly answer: unknown } | { readonly error: string };
