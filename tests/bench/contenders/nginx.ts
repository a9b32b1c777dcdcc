import { type Ask, type Contender, named } from "../contender.ts";
import { installed, isFile } from "./installed.ts";

/** Where Debian's `libnginx-mod-stream` puts the module. */
const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

/** nginx relaying TCP with its stream module. */
export function nginx(threads: number): Contender {
  const program = installed("nginx");
  return {
    name: named("nginx", threads),
    threads,
    missing: !program
      ? "nginx is not installed"
      : !isFile(MODULE)
      ? "its stream module (libnginx-mod-stream) is not installed"
      : undefined,
    command: (ask) => {
      const path = `${ask.directory}/nginx-${ask.port}.conf`;
      Deno.writeTextFileSync(path, configuration(ask, threads));
      return [program!, "-c", path];
    },
  };
}

function configuration({ directory, port, backEnd, clients }: Ask, threads: number): string {
  return `load_module ${MODULE};
daemon off;
worker_processes ${threads};
worker_rlimit_nofile ${clients * 2 + 100};
pid ${directory}/nginx-${port}.pid;
error_log stderr error;
events { worker_connections ${clients * 2 + 50}; }
stream {
  access_log off;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    proxy_timeout 1h;
    proxy_pass 127.0.0.1:${backEnd};
  }
}
`;
}
