/** nginx, HAProxy and Postfix as servers that require a PROXY header and say whom it names. */
import { exists } from "../support/exists.ts";
import { ExternalServer, runClient } from "../support/external_server.ts";
import { freePort } from "../support/free_port.ts";
import { condition, installed, posix, type Requirement, root } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Where Debian has Postfix's parts. */
const POSTFIX = "/usr/lib/postfix/sbin";

/** A server that runs on 127.0.0.1. */
export interface Receiver extends AsyncDisposable {
  readonly port: number;
  /** The same with TLS, if it has that. */
  readonly tlsPort: number;
  /** What it has logged. */
  log(): string;
}

/** A kind of server. */
export interface ReceiverKind {
  readonly needs: readonly Requirement[];
  start(): Promise<Receiver>;
}

/** Says in each answer, over HTTP, `CLIENT PORT -> DESTINATION PORT`. */
export const nginx: ReceiverKind = {
  needs: [posix, installed("nginx", "curl", "openssl")],
  start: () =>
    receiver(async (path, port, tlsPort) => {
      await runClient("sh", "-c", CERTIFICATE, path);
      Deno.writeTextFileSync(
        `${path}/nginx.conf`,
        `daemon off; master_process off; pid ${path}/pid; error_log ${path}/log info; events {}
        http { access_log off; client_body_temp_path ${path}/b; proxy_temp_path ${path}/p; fastcgi_temp_path ${path}/f;
          uwsgi_temp_path ${path}/u; scgi_temp_path ${path}/s; ssl_certificate ${path}/cert; ssl_certificate_key ${path}/key;
          server { listen 127.0.0.1:${port} proxy_protocol; listen 127.0.0.1:${tlsPort} ssl proxy_protocol; location / { return 200
          "$proxy_protocol_addr $proxy_protocol_port -> $proxy_protocol_server_addr $proxy_protocol_server_port\\n"; } } }`,
      );
      return ["nginx", "-c", `${path}/nginx.conf`, "-p", path];
    }),
};

/** Says the same, and then authority, unique id and ALPN, each in quotes. */
export const haproxy: ReceiverKind = {
  needs: [posix, installed("haproxy", "curl", "openssl")],
  start: () =>
    receiver(async (path, port, tlsPort) => {
      await runClient("sh", "-c", `${CERTIFICATE} && cat key cert > pem`, path);
      const says = "\"%[src] %[src_port] -> %[dst] %[dst_port] '%[fc_pp_authority]' '%[fc_pp_unique_id]'\\n\"";
      Deno.writeTextFileSync(
        `${path}/haproxy.cfg`,
        `defaults
  mode http
  timeout connect 20s
  timeout client 60s
  timeout server 60s
frontend receiver
  bind 127.0.0.1:${port} accept-proxy
  bind 127.0.0.1:${tlsPort} accept-proxy ssl crt ${path}/pem
  http-request return status 200 content-type text/plain lf-string ${says}
`,
      );
      return ["haproxy", "-db", "-f", `${path}/haproxy.cfg`];
    }),
};

/** Refuses everybody at once with `554 5.7.1 <unknown[CLIENT]>: Client host rejected`. */
export const postfix: ReceiverKind = {
  needs: [posix, root, condition(exists(`${POSTFIX}/smtpd`), "needs postfix")],
  start: () =>
    receiver(async (path, port) => {
      Deno.writeTextFileSync(
        `${path}/main.cf`,
        `compatibility_level = 3.6
queue_directory = ${path}/spool
data_directory = ${path}/data
myhostname = mail.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = ${path}/log
maillog_file_prefixes = /tmp
smtpd_upstream_proxy_protocol = haproxy
smtpd_peername_lookup = no
smtpd_delay_reject = no
smtpd_client_restrictions = permit_mynetworks, reject
mynetworks = 127.0.0.1
`,
      );
      Deno.writeTextFileSync(
        `${path}/master.cf`,
        `127.0.0.1:${port} inet n - n - - smtpd
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`,
      );
      const make =
        "chmod 755 . && mkdir -p data spool/pid spool/public spool/private && chown postfix data spool/p*ic " +
        "spool/private && chmod 700 spool/private";
      await runClient("sh", "-c", `cd "$0" && ${make}`, path);
      // It ends with its group of processes, so it needs one of its own.
      return ["setsid", "-w", `${POSTFIX}/master`, "-d", "-c", path];
    }),
};

/** Makes a certificate in the directory that is given as its first word. */
const CERTIFICATE = `cd "$0" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
  -subj /CN=www.example.com -keyout key -out cert 2> openssl`;

/** @param prepare writes what the server needs into a directory @returns the command that starts it */
async function receiver(
  prepare: (path: string, port: number, tlsPort: number) => Promise<string[]>,
): Promise<Receiver> {
  const directory = temporaryDirectory(), { path } = directory, [port, tlsPort] = [freePort(), freePort()];
  const [command, ...args] = await prepare(path, port, tlsPort);
  const server = await ExternalServer.start(command, args, port);
  return {
    port,
    tlsPort,
    log: () => exists(`${path}/log`) ? Deno.readTextFileSync(`${path}/log`) : "",
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}
