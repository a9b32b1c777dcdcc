import type { Kind } from "./kinds/kind.ts";

/** Parts of the help, in their order. */
export const SECTIONS = {
  listening: "Listening",
  access: "Keeping clients out",
  proxy: "Who is calling",
  choosing: "Choosing a channel",
  health: "Health checks",
  names: "Host names",
  timeouts: "Timeouts",
  sockets: "Sockets",
  process: "The process",
  logging: "Log",
  views: "Metrics and page",
  files: "Files of services",
  control: "Control",
} as const;

/** Name of a part of the help. */
export type Section = keyof typeof SECTIONS;

/** What an option needs in order to mean anything. */
export interface Need {
  /** On a command line. */
  readonly words: string;
  /** In the library. */
  readonly library: string;
}

/** The values of a service, of which an option may need others. */
export type OtherValues = Readonly<Record<string, unknown>>;

/** What of a service's channels options may need. */
export interface ChannelOfValues {
  readonly proxy?: string;
}

/** Everything about one option. The key of a record is the option's name in the library. */
export interface OptionRecord {
  /** Its long name on the command line, without `--`. */
  readonly name: string;
  /** One letter or digit. */
  readonly short?: string;
  /** How values are read, written and checked. */
  readonly kind: Kind<unknown, unknown>;
  /** Value when it is not given; without one the system or the program chooses. */
  readonly standard?: string | number | boolean;
  readonly section: Section;
  /** One line for the help. */
  readonly summary: string;
  /** What else there is to say, in sentences, for the man page and the help on its section. */
  readonly more?: string;
  /** Whether it is one of those that most people need, which `--help` alone shows. */
  readonly common?: boolean;
  /**
   * What it belongs to. `both`: to the service if it stands beside its port, and to all services together where it
   * stands alone. `action`: it says what the command line is to do.
   */
  readonly scope: "service" | "process" | "both" | "action";
  /** Whether it can change while the service or the process runs, for connections from then on. */
  readonly changeable?: boolean;
  /** Whether it may be given several times, each time with another value. */
  readonly repeatable?: boolean;
  /** Whether a service's own values come before those of its defaults, instead of in their place. */
  readonly joins?: boolean;
  /** What its list is called, if others add to it. Default: its name. */
  readonly title?: string;
  /** The option whose list its values join, in the order in which both are given; it has none of its own. */
  readonly into?: string;
  /** Name of the option that gives this value, if others add to its list. */
  // deno-lint-ignore no-explicit-any
  readonly nameOf?: (value: any) => string;
  /** What it lacks that it says more about; undefined if it is there. */
  readonly needs?: (values: OtherValues, channels: readonly ChannelOfValues[]) => Need | undefined;
  /** Only the linux engine can do it: what the portable engine lacks, for messages. */
  readonly linuxOnly?: string;
  /** The same for single values of it. */
  readonly linuxOnlyValues?: Readonly<Record<string, string>>;
  /** Only the program has it, not the library. */
  readonly programOnly?: boolean;
}

/** The option as messages call it: the short form where the user may know Balance, otherwise the long one. */
export function optionLabel({ name, short }: OptionRecord): string {
  return short === undefined ? `--${name}` : `-${short}`;
}

/** The long name of an option's negative form; undefined if it has none. What the command line is to do has none. */
export function negativeName({ name, kind: { off }, scope }: OptionRecord): string | undefined {
  return off === undefined || scope === "action" ? undefined : `no-${name}`;
}

/** Everything there is to say about an option besides its summary; empty if there is nothing. */
export function moreAbout({ more, linuxOnly, linuxOnlyValues = {} }: OptionRecord): string {
  const lacking = linuxOnly === undefined ? Object.keys(linuxOnlyValues) : ["it"];
  return [more ?? [], lacking.map((what) => `Only the linux engine has ${what}.`)].flat().join(" ");
}
