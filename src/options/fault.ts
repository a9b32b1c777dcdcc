/** Exit codes of a command line that cannot be read (Balance manual; the numbers are those of sysexits(3)). */
export const FaultCode = {
  /** Wrong option, missing or bad port, too many channels. */
  USAGE: 64,
  /** Invalid channel address. */
  ADDRESS: 65,
  /** Empty group, too many groups. */
  UNAVAILABLE: 69,
} as const;

/** What is wrong with one of several words. */
export interface Fault {
  /** Index of the wrong word; the number of words when one is missing at the end. */
  readonly word: number;
  /** One line, without a full stop. It names the word. */
  readonly message: string;
  /** What was probably meant. */
  readonly suggestion?: string;
  /** The exit code that a command line with this fault has. */
  readonly code: (typeof FaultCode)[keyof typeof FaultCode];
  /** Whether the help says more. */
  readonly seeHelp?: boolean;
}

/** The whole line that says what is wrong. */
export function faultText({ message, suggestion, seeHelp }: Fault): string {
  if (suggestion !== undefined) return `${message}, did you mean ${suggestion}?`;
  return seeHelp ? `${message}, see balance --help` : message;
}

/** Words that cannot be read. */
export class FaultyWords extends Error {
  override readonly name = "FaultyWords";
  /** At least one, in the order of the words. */
  readonly faults: readonly Fault[];
  /** Exit code of the first. */
  readonly code: number;

  constructor(faults: readonly Fault[]) {
    super(faultText(faults[0]));
    this.faults = faults;
    this.code = faults[0].code;
  }
}
