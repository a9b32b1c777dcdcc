import type { ChannelOptionRecord } from "../channel_record.ts";
import { channelRecordList } from "../channel_records.ts";
import type { ConditionRecord } from "../condition_record.ts";
import { conditionRecordList } from "../condition_records.ts";
import { moreAbout, type OptionRecord, SECTIONS } from "../option_record.ts";
import { optionList } from "../option_records.ts";
import { CHANNEL_FORM } from "./channel_options.ts";
import { CONDITION_FORM } from "./group_conditions.ts";
import { EXAMPLES, NEGATIVE_FORMS } from "./overview.ts";
import { bold, italic, item, paragraph, roff } from "./roff.ts";
import { sections } from "./topics.ts";

/** The day on which the page was last looked through. */
const DATE = "2026-11-27";

/** What the page says that other parts of the program know. */
export interface ManPageParts {
  readonly version: string;
  readonly commands: readonly { readonly name: string; readonly parameters: string; readonly summary: string }[];
  /** When each exit code is used. */
  readonly exitCodes: Readonly<Record<number, string>>;
}

/** The man page balance(1), as roff source with the macros of man(7). */
export function manPage({ version, commands, exitCodes }: ManPageParts): string {
  return [
    `.TH BALANCE 1 ${DATE} "balance ${version}" "User Commands"`,
    ".SH NAME",
    "balance \\- TCP load balancer with failover and run\\-time control",
    ".SH SYNOPSIS",
    `${bold("balance")} [${italic("OPTIONS")}] ${italic("PORT")} [${italic("CONDITION")}=${italic("VALUE")}...] ` +
    `[${italic("HOST")}[:${italic("PORT")}[:${italic("MAXC")}]][,${italic("OPTION")}]...] [!|%|%${
      italic("STRATEGY")
    }] ...`,
    ".br",
    `${bold("balance")} [${italic("OPTIONS")}] ${bold("--config")} ${italic("FILE")}`,
    ".br",
    `${bold("balance")} ${bold("-i")} [${italic("PORT")}]`,
    ".br",
    `${bold("balance")} ${bold("--top")} [${italic("PORT")}]`,
    ".br",
    `${bold("balance")} ${bold("-c")} ${italic("CMD")} [${italic("PORT")}]`,
    ".br",
    `${bold("balance")} ${bold("--list")}`,
    ".SH DESCRIPTION",
    ...paragraphs(DESCRIPTION),
    ".SH OPTIONS",
    ...paragraph(`Seconds may have fractions. Short options may be joined: -fp, -t5. ${NEGATIVE_FORMS}`),
    ...sections.flatMap((section) => [
      `.SS ${roff(SECTIONS[section])}`,
      ...optionList.filter(([, record]) => record.section === section).flatMap(([, record]) => optionItem(record)),
    ]),
    ".SH CHANNEL OPTIONS",
    ...paragraph(CHANNEL_FORM),
    ...channelRecordList.flatMap(([, record]) => channelItem(record)),
    ".SH GROUP CONDITIONS",
    ...paragraph(CONDITION_FORM),
    ...conditionRecordList.flatMap(([, record]) => conditionItem(record)),
    ".SH FILES OF SERVICES",
    ...paragraphs(SERVICE_FILES),
    ".PP",
    ".EX",
    ...SERVICE_FILE.map(roff),
    ".EE",
    ".SH CONTROL COMMANDS",
    ...paragraph(
      "Commands may be shortened to any prefix; the first match in this order counts. CH is a channel: its number in " +
        "the group, its name, or HOST:PORT.",
    ),
    ...commands.flatMap(({ name, parameters, summary }) => {
      return item(parameters === "" ? bold(name) : `${bold(name)} ${italic(parameters)}`, sentence(summary));
    }),
    ".SH WHAT IS GOING ON",
    ...paragraph("What to type first when something is wrong, or when somebody asks:"),
    ...QUESTIONS.flatMap(([command, answer]) => item(bold(command), answer)),
    ".SH SIGNALS",
    ...SIGNALS.flatMap(([names, what]) => item(bold(names), what)),
    ".SH EXIT STATUS",
    ...Object.entries(exitCodes).flatMap(([code, when]) => item(bold(code), sentence(when))),
    ".SH ENVIRONMENT",
    ...item(bold("BALANCE_CONTROL_DIR"), "Where control sockets are kept, unless --control-dir is given."),
    ...item(bold("NO_COLOR"), "If set, no colour is used."),
    ".SH FILES",
    ...FILES.flatMap(([path, what]) => item(italic(path), what)),
    ".SH EXAMPLES",
    ...EXAMPLES.flatMap(([command, what]) => item(roff(command), sentence(what))),
    ".SH SEE ALSO",
    ".BR tcp (7),",
    ".BR nc (1),",
    ".BR systemd (1)",
    "",
  ].join("\n").replace(/\n$/, "");
}

const DESCRIPTION = [
  "balance takes connections to a port and passes each on to one of several hosts. It skips hosts that are down, and " +
  "lets you inspect and change everything while it runs.",
  "The port may be a list with ranges: 80,443, 8000-8010, http,https. A channel without a port then uses the port that " +
  "its client connected to.",
  "A channel is a host, a port (by default the listening port) and a limit on simultaneous connections (by default, " +
  "or with 0, none): host, host:80, host:80:100, host::100, [2001:db8::7]:80:100. Ports may be names, such as imap. Options of a channel come last, separated by commas.",
  "! and % end a group of channels. ! makes the group before it Round Robin: its channels take turns. % makes it Hash: " +
  "the client's address decides, so that a client keeps its channel. The last group is Round Robin unless a % follows " +
  "it. % followed by the name of a strategy chooses that one. When a group has no usable channel left, the next group follows.",
];

const SERVICE_FILES = [
  "A file of services holds command lines as you would type them, one for each service, with or without the word " +
  "balance. Words are quoted as in a shell, but nothing is expanded. A line that begins with white space continues " +
  "the one before, and # begins a comment.",
  "A defaults line has options for the services below it, a process line has options of the process, and include " +
  "PATTERN reads other files.",
];

const SERVICE_FILE = [
  "process  --user balance",
  "defaults -t 2",
  "",
  "balance --name web 80,443 web1 web2",
  "  ! standby",
  "balance --name mail smtp mail1 mail2",
];

const SIGNALS = [
  ["SIGTERM", "Frees the port, gives connections the drain timeout to end, and ends."],
  [
    "SIGHUP",
    "With a file of services, reloads it. Otherwise, in the foreground, the same as SIGTERM.",
  ],
  ["SIGINT", "Ends at once, as does a second SIGTERM."],
  ["SIGUSR1", "Opens the files of the log and of connection logs again."],
  ["SIGUSR2", "Replaces the program with the one on disk, as the control command upgrade does."],
] as const;

/** The first commands in an incident, and what they answer. */
export const QUESTIONS = [
  ["balance -c show", "What is wrong with which channel, and since when? On a terminal, the reasons stand below each."],
  ["balance --top", "The same live, full screen."],
  ['balance -c "show latency"', "Who is slow: percentiles of connects, first bytes and whole connections."],
  ['balance -c "show failed 100"', "Which connections ended badly, how and why?"],
  ['balance -c "show access"', "How many clients were refused, by which rule or limit?"],
  ['balance -c "show clients"', "Who has the most connections?"],
  ['balance -c "why 192.0.2.1"', "Where would this client go now, and why not elsewhere?"],
  ['balance -c "show connections older 3600"', "What is open, and for how long? close ID ends one."],
  ["balance --health", "Are clients served? Exit code 0 or 1."],
] as const;

const FILES = [
  ["/run/balance/", "Control sockets of root's instances."],
  ["$XDG_RUNTIME_DIR/balance/", "Control sockets of other users' instances."],
  ["/tmp/balance-UID/", "The same where that variable is not set."],
  ["~/.local/state/balance/history", "History of interactive sessions."],
] as const;

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text, i) => i === 0 ? paragraph(text) : [".PP", ...paragraph(text)]);
}

function optionItem(record: OptionRecord): string[] {
  const { name, short, kind: { metavar }, summary } = record;
  const names = short === undefined ? bold(`--${name}`) : `${bold(`-${short}`)}, ${bold(`--${name}`)}`;
  const heading = metavar === undefined ? names : `${names} ${italic(metavar)}`;
  return item(heading, `${sentence(summary)} ${moreAbout(record)}`.trim());
}

function channelItem(record: ChannelOptionRecord): string[] {
  const { name, kind: { metavar }, summary, more = "" } = record;
  const heading = bold(name) + (metavar === undefined ? "" : `${bold("=")}${italic(metavar)}`);
  return item(heading, `${sentence(summary)} ${more}`.trim());
}

function conditionItem({ name, kind: { metavar = "" }, summary, more = "" }: ConditionRecord): string[] {
  return item(`${bold(`${name}=`)}${italic(metavar)}`, `${sentence(summary)} ${more}`.trim());
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
