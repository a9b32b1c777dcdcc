/** HAProxy and nginx as proxies that tell in a PROXY header whom they connect for. */
import { exists } from "../support/exists.ts";
import { ExternalServer, runClient } from "../support/external_server.ts";
import { freePort } from "../support/free_port.ts";
import { condition, installed, posix, type Requirement } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

/** Where Debian has nginx's module for TCP. */
export const STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

export const needsHaproxy: readonly Requirement[] = [posix, installed("haproxy", "openssl")];
export const needsNginx: readonly Requirement[] = [
  posix,
  installed("nginx"),
  condition(exists(STREAM_MODULE), "needs nginx's stream module"),
];

/** A proxy that runs. */
export interface Sender extends AsyncDisposable {
  /** Where it listens: TCP on 127.0.0.1 and, with `ipv6`, on ::1. */
  readonly port: number;
  /** The same with TLS, only HAProxy; it offers `h2` and `http/1.1`. */
  readonly tlsPort: number;
  /** Its certificate, for www.example.com. */
  readonly certificate: string;
}

/** What is asked of a proxy. */
export interface SenderOptions {
  /** Port of 127.0.0.1 that it connects to. */
  readonly to: number;
  /** Whether it also listens on ::1. */
  readonly ipv6?: boolean;
  /** Lines of HAProxy's about its health checks. */
  readonly check?: string;
}

/** HAProxy. @param words what stands on its line `server`, such as `send-proxy` */
export async function haproxy(words: string, { to, ipv6 = false, check = "" }: SenderOptions): Promise<Sender> {
  const directory = temporaryDirectory(), { path } = directory, [port, tlsPort] = [freePort(), freePort()];
  await runClient("sh", "-c", `${CERTIFICATE} && cat key cert > pem`, path);
  Deno.writeTextFileSync(
    `${path}/haproxy.cfg`,
    `defaults
  mode tcp
  timeout connect 20s
  timeout client 60s
  timeout server 60s
listen sender
  bind 127.0.0.1:${port}
  ${ipv6 ? `bind [::1]:${port}` : ""}
  bind 127.0.0.1:${tlsPort} ssl crt ${path}/pem alpn h2,http/1.1
  ${check}
  unique-id-format id-%ci-%cp
  server balance 127.0.0.1:${to} ${words}
`,
  );
  return running(await ExternalServer.start("haproxy", ["-db", "-f", `${path}/haproxy.cfg`], port), directory, {
    port,
    tlsPort,
    certificate: Deno.readTextFileSync(`${path}/cert`),
  });
}

/** Makes a certificate for www.example.com in the directory that is given as its first word. */
const CERTIFICATE = `cd "$0" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
  -subj /CN=www.example.com -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:www.example.com -keyout key -out cert 2> log`;

/** nginx, which sends version 1. */
export async function nginx({ to, ipv6 = false }: SenderOptions): Promise<Sender> {
  const directory = temporaryDirectory(), { path } = directory, port = freePort();
  Deno.writeTextFileSync(
    `${path}/nginx.conf`,
    `load_module ${STREAM_MODULE};
    daemon off; master_process off; pid ${path}/pid; error_log stderr error; events {}
    stream { server { listen 127.0.0.1:${port}; ${ipv6 ? `listen [::1]:${port};` : ""}
      proxy_pass 127.0.0.1:${to}; proxy_protocol on; } }`,
  );
  const server = await ExternalServer.start("nginx", ["-c", `${path}/nginx.conf`, "-p", path], port);
  return running(server, directory, { port, tlsPort: 0, certificate: "" });
}

function running(
  server: ExternalServer,
  directory: Disposable,
  ports: Omit<Sender, typeof Symbol.asyncDispose>,
): Sender {
  return {
    ...ports,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}
