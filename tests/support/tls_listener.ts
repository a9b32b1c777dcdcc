import { temporaryDirectory } from "./temporary_directory.ts";

/** Listens with TLS, with a certificate that nobody trusts. Needs openssl. */
export function listenTls(): Deno.TlsListener {
  using directory = temporaryDirectory();
  const [key, cert] = ["key", "cert"].map((name) => `${directory.path}/${name}.pem`);
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2"];
  new Deno.Command("openssl", { args: [...args, "-subj", "/CN=other"], stderr: "null" }).outputSync();
  const [keyText, certText] = [key, cert].map((path) => Deno.readTextFileSync(path));
  return Deno.listenTls({ hostname: "127.0.0.1", port: 0, key: keyText, cert: certText });
}
