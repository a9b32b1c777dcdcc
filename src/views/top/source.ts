/** What an instance answers. */
export interface Answer {
  /** Whether it did what it was asked to do. */
  readonly ok: boolean;
  readonly text: readonly string[];
}

/** The instance that is watched. Errors say in words why it does not answer. */
export interface Source {
  /** Asks for what is shown. One question at a time. */
  look(command: string): Promise<Answer>;
  /** Runs what an operator asks for, in a service and a group. One command at a time. */
  order(command: string, service: string | undefined, group?: number): Promise<Answer>;
}
