import { optionList } from "../option_records.ts";
import { optionLine, wrapped } from "./option_lines.ts";
import { style } from "./style.ts";
import { sections } from "./topics.ts";

/** Command lines to copy, and what they do. */
export const EXAMPLES: readonly (readonly [command: string, what: string])[] = [
  ["balance 8080 host1 host2 ! standby", "two in turn, a third as standby"],
  ["balance --check tcp 80 a::100 b,weight=3", "checked; at most 100 on a, more on b"],
  ['balance -c "disable 0" 8080', "take host1 out of service"],
  ['balance -c "show failed" 8080', "which connections failed, and why"],
];

/** How flags are switched off. */
export const NEGATIVE_FORMS = "--no-NAME switches a flag off that a file or its defaults switch on: --no-autodisable.";

/** The text of `--help`: what most people need, on one screen of 80 columns. */
export function overview(version: string, colour: boolean): string {
  const { bold, dim } = style(colour);
  return [
    `${bold("balance")} ${version}, a TCP load balancer with failover and run-time control`,
    "",
    bold("Usage"),
    "  balance [OPTIONS] PORT [HOST[:PORT[:MAXC]]] [!|%] …    start an instance",
    "  balance [OPTIONS] --config FILE    start one from a file of services",
    "  balance -c CMD [PORT]    run a control command, such as show; -i: a dialogue",
    "  balance --top [PORT]     watch an instance; --list: which ones there are",
    "",
    "PORT may be a list: 80,443,8000-8010. A channel is a host, its port (default:",
    "the one the client came to), its connection limit and options: a:80,weight=3.",
    "A group ends with ! (Round Robin), % (Hash) or %least; later ones are standby.",
    "",
    bold("Options that most people need"),
    ...optionList.filter(([, { common }]) => common).map(([, record]) => optionLine(record)),
    "",
    bold("Examples"),
    ...EXAMPLES.map(([command, what]) => `  ${command.padEnd(41)} ${dim(what)}`),
    "",
    bold("More"),
    "  --help all            all options; --help man | man -l -: the man page",
    "  --help SECTION        options of one section in detail:",
    ...wrapped([...sections, "channels", "groups"].join(", "), 72).map((line) => `      ${line}`),
    "  --no-NAME             switch a flag off that a file switches on",
  ].join("\n");
}
