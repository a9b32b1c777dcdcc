import { shownOptions } from "./option_records.ts";

/** The text of `--help`: one screen, 80 columns wide. */
export function helpText(version: string, colour: boolean): string {
  const bold = (text: string) => colour ? `\x1b[1m${text}\x1b[22m` : text;
  const dim = (text: string) => colour ? `\x1b[2m${text}\x1b[22m` : text;
  const options = shownOptions.map(([, { name, short, kind: { metavar }, summary }]) => {
    const letter = short === undefined ? "    " : `-${short}, `, value = metavar === undefined ? "" : ` ${metavar}`;
    return `  ${`${letter}--${name}${value}`.padEnd(33)} ${summary}`;
  });
  const example = (command: string, what: string) => `  ${command.padEnd(41)} ${dim(what)}`;
  return [
    `${bold("balance")} ${version}, a TCP load balancer with failover and run-time control`,
    "",
    bold("Usage"),
    "  balance [OPTIONS] PORT [HOST[:PORT[:MAXC]]] [!|%] …    start an instance",
    "  balance -i [PORT]  balance -c CMD [PORT]  balance --list    control instances",
    "",
    "A channel is a host, its port (default PORT) and its limit of connections.",
    "! ends a Round Robin group, % a Hash group; later groups stand in for earlier.",
    "",
    bold("Options"),
    ...options,
    "",
    bold("Examples"),
    example("balance 8080 host1 host2 ! standby", "two in turn, a third as standby"),
    example("balance -f 8080 10.0.0.1:80:100 [::1]:80", "at most 100 at a time; IPv6"),
    example("balance -H https web1 web2 web3 %", "each client keeps its host"),
    example('balance -c "disable 0" 8080', "take host1 out of service"),
  ].join("\n");
}
