/** Ports of commonly balanced services, for systems without a services file. */
const BUILT_IN: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  time: 37,
  domain: 53,
  finger: 79,
  http: 80,
  www: 80,
  kerberos: 88,
  pop3: 110,
  "pop-3": 110,
  sunrpc: 111,
  nntp: 119,
  ntp: 123,
  imap: 143,
  imap2: 143,
  snmp: 161,
  irc: 194,
  ldap: 389,
  https: 443,
  submissions: 465,
  smtps: 465,
  submission: 587,
  ldaps: 636,
  "domain-s": 853,
  rsync: 873,
  ftps: 990,
  telnets: 992,
  imaps: 993,
  pop3s: 995,
  "ms-sql-s": 1433,
  mqtt: 1883,
  nfs: 2049,
  mysql: 3306,
  svn: 3690,
  sip: 5060,
  xmpp: 5222,
  "xmpp-client": 5222,
  postgresql: 5432,
  postgres: 5432,
  amqp: 5672,
  x11: 6000,
  redis: 6379,
  "http-alt": 8080,
  memcached: 11211,
  mongodb: 27017,
};

/** Reads TCP services and their aliases from the text of a services file (services(5)). */
export function parseServices(text: string): Map<string, number> {
  const services = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name, port, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const match = /^(\d{1,5})\/tcp$/.exec(port ?? "");
    if (!match) continue;
    const number = Number(match[1]);
    if (number < 1 || number > 65535) continue;
    // The first line that names a service counts, as with getservbyname(3).
    for (const key of [name, ...aliases]) if (!services.has(key)) services.set(key, number);
  }
  return services;
}

/** The system's services file, over the built-in table. */
export function readServices(): Map<string, number> {
  const services = new Map(Object.entries(BUILT_IN));
  const path = Deno.build.os === "windows"
    ? `${Deno.env.get("SystemRoot") ?? "C:\\Windows"}\\System32\\drivers\\etc\\services`
    : "/etc/services";
  try {
    for (const [name, port] of parseServices(Deno.readTextFileSync(path))) services.set(name, port);
  } catch {
    // Small containers have none, so the built-in table is used.
  }
  return services;
}

let services: Map<string, number> | undefined;

/** A port by its number (1 to 65535) or its service name; undefined when it is neither. */
export function parsePort(word: string, known: () => ReadonlyMap<string, number> = loadOnce): number | undefined {
  if (!/^\d+$/.test(word)) return known().get(word);
  const port = Number(word);
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** The names that `parsePort` knows. */
export function portNames(): Iterable<string> {
  return loadOnce().keys();
}

function loadOnce(): Map<string, number> {
  return services ??= readServices();
}
