import type { RefusalReason } from "../table/clients/refusals.ts";

/** A rule that an operator has made while the service runs. */
export interface OperatorRuleState {
  /** What becomes of the clients: `allow` or `deny`. */
  readonly action: string;
  /** Its network, in its shortest form. */
  readonly network: string;
  /** Clients that it has decided about. */
  readonly hits: number;
  /** Seconds after which it ends by itself, or null. */
  readonly left: number | null;
}

/** A rule of an access list, with how often it has decided. */
export interface AccessRuleState {
  /** What becomes of the clients: `allow` or `deny`. */
  readonly action: string;
  /** Its networks, as they were given. */
  readonly networks: string;
  /** Clients that it has decided about since the list was made. */
  readonly hits: number;
}

/** A client, as limits count it. */
export interface ClientState {
  /** An IPv4 address, or the network of an IPv6 address (`--client-prefix`). */
  readonly address: string;
  /** Connections that it has now. */
  readonly connections: number;
  /** How often a limit has refused it, or would have in a dry run, since it came first or was forgotten. */
  readonly refused: number;
}

/** Who may come in to a service, and who was refused. */
export interface AccessState {
  /** Whether clients are only counted, and nobody is refused. */
  readonly dryRun: boolean;
  /** Rules that operators have made at run time: the first that has a client decides. */
  readonly operators: readonly OperatorRuleState[];
  /** The rules of `--allow` and `--deny`, which are asked after those: the first that has a client decides. */
  readonly rules: readonly AccessRuleState[];
  /** What becomes of clients that no rule has: `allow` or `deny`. */
  readonly otherwise: string;
  /** How many clients were refused since the start, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** How many would have been, had it been no dry run. */
  readonly spared: Readonly<Record<RefusalReason, number>>;
  /** Connections that did not count for the limits of their clients, because there was no place for one more client. */
  readonly uncounted: number;
  /**
   * How often accepting has had to wait for `--rate`; in a dry run, how many clients would have had to since it began.
   */
  readonly paced: number;
}
