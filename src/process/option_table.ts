import { ENGINE_CHOICES } from "../options/engine_name.ts";

/** What one option looks like on the command line and in the help. */
export interface OptionSpec {
  /** One letter or digit. */
  readonly short?: string;
  /** What the value is called in the help; an option without it takes none. */
  readonly value?: string;
  readonly summary: string;
}

/** Every option, by its long name. Drives the parser, the help and the suggestions. */
export const optionTable = {
  "bind": { short: "b", value: "ADDR", summary: "address to listen on (default: any IPv4)" },
  "ipv6": { short: "6", summary: "listen on IPv6, and on IPv4 as well" },
  "source": { short: "B", value: "ADDR", summary: "source address of outgoing connections" },
  "connect-timeout": { short: "t", value: "SEC", summary: "time for a channel to accept (default 5)" },
  "fail-timeout": { value: "SEC", summary: "time to skip a failed channel (default 0)" },
  "idle-timeout": { short: "T", value: "SEC", summary: "close idle connections (default 0: never)" },
  "half-close-timeout": { value: "SEC", summary: "end silent half-closed ones (default 3600)" },
  "abort-on-close": { summary: "drop clients that end before they are served" },
  "autodisable": { short: "a", summary: "disable a channel whose connect fails" },
  "hash-failover": { short: "H", summary: "in a Hash group, fail over inside the group" },
  "allow-loop": { summary: "allow a channel that is the balancer itself" },
  "max-connections": { value: "N", summary: "clients at a time (default: by descriptors)" },
  "drain-timeout": { value: "SEC", summary: "time for connections to end (default 10)" },
  "engine": { value: ENGINE_CHOICES.join("|"), summary: "what moves the bytes (default auto)" },
  "threads": { value: "N|auto", summary: "threads of the linux engine (default auto)" },
  "client-keepalive": { short: "k", value: "I[,T[,N]]", summary: "probe clients after I s, every T s, N times" },
  "channel-keepalive": { short: "K", value: "I[,T[,N]]", summary: "the same for channels" },
  "tcp-user-timeout": { value: "SEC", summary: "time for sent data to be acknowledged" },
  "send-buffer": { value: "BYTES", summary: "size of each socket's send buffer" },
  "receive-buffer": { value: "BYTES", summary: "size of each socket's receive buffer" },
  "backlog": { value: "N", summary: "clients the kernel queues (default 4096)" },
  "user": { value: "NAME", summary: "become this user once the port is bound" },
  "group": { value: "NAME", summary: "become this group (default: the user's own)" },
  "foreground": { short: "f", summary: "stay in the foreground" },
  "packet-dump": { short: "p", summary: "print all relayed data (with -f)" },
  "debug": { short: "d", summary: "trace every decision in the log" },
  "log-format": { value: "text|json", summary: "form of the log (default text)" },
  "log-file": { value: "FILE", summary: "log to this file; SIGUSR1 opens it again" },
  "memory-map": { short: "M", summary: "accepted for compatibility" },
  "interactive": { short: "i", summary: "control a running instance interactively" },
  "command": { short: "c", value: "CMD", summary: "run a control command (or several) and exit" },
  "list": { summary: "show the instances that are running" },
  "json": { summary: "show them as JSON (with --list)" },
  "control-dir": { value: "DIR", summary: "control sockets (or $BALANCE_CONTROL_DIR)" },
  "help": { short: "h", summary: "show this help" },
  "version": { short: "V", summary: "show the version" },
} as const satisfies Record<string, OptionSpec>;

/** Long name of an option. */
export type OptionName = keyof typeof optionTable;

/** The option as messages call it: the short form where the user may know Balance, with the long one. */
export function optionLabel(name: OptionName): string {
  const spec: OptionSpec = optionTable[name];
  return spec.short === undefined ? `--${name}` : `-${spec.short}`;
}
