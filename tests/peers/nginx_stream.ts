/** What is asked of nginx's stream modules and, in other words, of the program; both must do the same for clients. */
import assert from "node:assert/strict";
import { browserHello, clientHello, helloMessage, type HelloParts, records } from "../support/client_hello.ts";
import { call, echoed, halves, header, told } from "./calls.ts";

/** Ports of the back ends: two that say their names, `one` and `two`, and one that sends back what it gets. */
export interface Ends {
  readonly one: number;
  readonly two: number;
  readonly echo: number;
}

/** A service of either program, and what its clients must find. */
export interface Scenario {
  readonly name: string;
  /** nginx's directives beside those of the server. */
  readonly around?: (ends: Ends) => string;
  /** nginx's directives of the server; its `listen` may get words. */
  readonly nginx: (ends: Ends) => string;
  readonly listen?: string;
  /** The program's options and channels. */
  readonly options: string;
  readonly channels: (ends: Ends) => string;
  readonly check: (port: number) => Promise<void>;
  /** What clients must find with the program only. */
  readonly beyond?: (port: number) => Promise<void>;
}

export const scenarios: readonly Scenario[] = [
  {
    name: "a PROXY header is taken from the stream to the byte, whatever its version, and nothing else",
    listen: "proxy_protocol",
    nginx: ({ echo }) => `set_real_ip_from 127.0.0.1; proxy_pass 127.0.0.1:${echo};`,
    options: "--accept-proxy 127.0.0.1",
    channels: ({ echo }) => `127.0.0.1:${echo}`,
    check: async (port) => {
      for (const version of [1, 2] as const) {
        for (const host of ["192.0.2.1", "2001:db8::1"]) {
          const bytes = header(version, host);
          assert.equal(await echoed(port, bytes), "end\n");
          assert.equal(await echoed(port, bytes, "PROXY TCP4 "), "PROXY TCP4 end\n");
          // A second header belongs to whoever is behind.
          assert.equal(await echoed(port, bytes, "PROXY UNKNOWN\r\n"), "PROXY UNKNOWN\r\nend\n");
        }
      }
      assert.equal(await echoed(port, "PROXY UNKNOWN\r\n"), "end\n");
      assert.equal(await echoed(port, "PROXY UNKNOWN what ever\r\n"), "end\n");
    },
    // nginx reads once.
    beyond: async (port) => {
      for (const bytes of [header(1, "192.0.2.1"), header(2, "2001:db8::1")]) {
        for (const at of [1, 5, 6, 12, 16, bytes.length - 1]) {
          assert.equal(await echoed(port, ...halves(bytes, at)), "end\n");
        }
      }
    },
  },
  {
    name: "who should send a PROXY header and sends something else is turned away",
    listen: "proxy_protocol",
    nginx: ({ one }) => `set_real_ip_from 127.0.0.1; proxy_pass 127.0.0.1:${one};`,
    options: "--accept-proxy 127.0.0.1",
    channels: ({ one }) => `127.0.0.1:${one}`,
    check: async (port) => {
      for (
        const text of [
          "GET / HTTP/1.1\r\n\r\n",
          "PROXY TCP4 192.0.2.1 198.51.100.1 1234\r\n",
          "PROXY TCP4 192.0.2.1 198.51.100.1 1234 99999\r\n",
          "PROXY TCP5 192.0.2.1 198.51.100.1 1234 443\r\n",
          "PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\n",
          "\r\n\r\n\0\r\nQUIT\n\x11\x11\0\x0c192012341212",
        ]
      ) assert.equal(await told(port, text), "", JSON.stringify(text));
    },
  },
  {
    name: "lists are asked for the client that the PROXY header names, in their order",
    listen: "proxy_protocol",
    nginx: ({ one }) =>
      `set_real_ip_from 127.0.0.0/8; deny 192.0.2.7; allow 192.0.2.0/24; allow 2001:db8::/48; deny all;
       proxy_pass 127.0.0.1:${one};`,
    options: "--accept-proxy 127.0.0.0/8 --deny 192.0.2.7 --allow 192.0.2.0/24,2001:db8::/48 --deny all",
    channels: ({ one }) => `127.0.0.1:${one}`,
    check: async (port) => {
      for (
        const [host, answer] of [
          ["192.0.2.7", ""],
          ["192.0.2.6", "one"],
          ["192.0.2.0", "one"],
          ["192.0.2.255", "one"],
          ["192.0.3.0", ""],
          ["192.0.1.255", ""],
          ["2001:db8::1", "one"],
          ["2001:db8:0:ffff::", "one"],
          ["2001:db8:1::", ""],
          ["::1", ""],
        ]
      ) {
        assert.equal(await told(port, header(1, host)), answer, host);
        assert.equal(await told(port, header(2, host)), answer, host);
      }
      // Then it is the address of the connection itself that counts.
      assert.equal(await told(port, "PROXY UNKNOWN\r\n"), "");
    },
  },
  {
    name: "without proxies, lists are asked for the address of the connection",
    nginx: ({ one }) => `deny 127.0.0.2; allow 127.0.0.0/30; deny all; proxy_pass 127.0.0.1:${one};`,
    options: "--deny 127.0.0.2 --allow 127.0.0.0/30 --deny all",
    channels: ({ one }) => `127.0.0.1:${one}`,
    check: async (port) => {
      assert.equal(await told(port), "one");
    },
  },
  {
    name: "a list that only denies lets all others in",
    nginx: ({ one }) => `deny 127.0.0.2; deny ::1; proxy_pass 127.0.0.1:${one};`,
    options: "--deny 127.0.0.2 --deny ::1",
    channels: ({ one }) => `127.0.0.1:${one}`,
    check: async (port) => {
      assert.equal(await told(port), "one");
    },
  },
  {
    name: "a client may have so many connections at a time, and again as many when some have ended",
    listen: "proxy_protocol",
    around: () => "limit_conn_zone $binary_remote_addr zone=clients:1m;",
    nginx: ({ one }) => `set_real_ip_from 127.0.0.1; limit_conn clients 2; proxy_pass 127.0.0.1:${one};`,
    options: "--accept-proxy 127.0.0.1 --max-per-client 2",
    channels: ({ one }) => `127.0.0.1:${one}`,
    check: async (port) => {
      const first = await call(port, header(1, "192.0.2.1"));
      using second = (await call(port, header(2, "192.0.2.1"))).client;
      assert.deepEqual([first.answer, await told(port, header(1, "192.0.2.1"))], ["one", ""]);
      assert.equal(await told(port, header(1, "192.0.2.2")), "one");
      await first.client.finish();
      assert.equal(await first.client.readText(), null);
      first.client[Symbol.dispose]();
      while (await told(port, header(1, "192.0.2.1")) === "");
      await second.finish();
    },
  },
  {
    name: "the limits of one service are not those of another",
    nginx: ({ one }) => `limit_conn addresses 1; proxy_pass 127.0.0.1:${one};`,
    around: () => "limit_conn_zone $binary_remote_addr zone=addresses:1m;",
    options: "--max-per-client 1",
    channels: ({ one }) => `127.0.0.1:${one}`,
    check: async (port) => {
      using _first = (await call(port)).client;
      assert.equal(await told(port), "");
    },
  },
  {
    name: "a trial run of a limit refuses nobody",
    around: () => "limit_conn_zone $binary_remote_addr zone=trial:1m;",
    nginx: ({ one }) => `limit_conn trial 1; limit_conn_dry_run on; proxy_pass 127.0.0.1:${one};`,
    options: "--max-per-client 1 --access-dry-run",
    channels: ({ one }) => `127.0.0.1:${one}`,
    check: async (port) => {
      using _first = (await call(port)).client;
      assert.deepEqual([await told(port), await told(port)], ["one", "one"]);
    },
  },
  {
    name: "the server name of a TLS client decides, and whoever has none goes to the rest",
    around: ({ one, two }) =>
      `map $ssl_preread_server_name $named { one.example 127.0.0.1:${one}; *.two.example 127.0.0.1:${two};
       default 127.0.0.1:${two}; }`,
    nginx: () => "ssl_preread on; proxy_pass $named;",
    options: "",
    channels: ({ one, two }) =>
      `sni=one.example 127.0.0.1:${one} ! sni=*.two.example 127.0.0.1:${two} ! 127.0.0.1:${two}`,
    check: async (port) => {
      const named = (serverName: string, parts?: HelloParts) => clientHello({ serverName, ...parts });
      const spread = records(helloMessage({ serverName: "one.example" }), [1, 2, 3, 40, 41]);
      for (
        const [what, answer, ...pieces] of [
          ["a name", "one", named("one.example")],
          ["in capitals", "one", named("ONE.Example")],
          ["another name", "two", named("a.two.example")],
          ["an unknown name", "two", named("three.example")],
          ["no name", "two", clientHello()],
          ["behind other extensions", "one", named("one.example", { alpn: ["h2"], extensions: [[0x1a1a, [1, 2]]] })],
          ["a browser", "one", browserHello("one.example")],
          ["in two segments", "one", ...halves(browserHello("one.example"), 1000)],
          ["its first byte alone", "one", ...halves(named("one.example"), 1)],
          ["spread over records", "one", spread],
          ["no TLS", "two", "GET / HTTP/1.1\r\n\r\n"],
          ["SSH", "two", "SSH-2.0-client\r\n"],
        ] as const
      ) assert.equal(await told(port, ...pieces), answer, what);
    },
  },
  {
    name: "what a TLS client offers by ALPN decides",
    around: ({ one, two }) =>
      `map $ssl_preread_alpn_protocols $offered { ~\\bh2\\b 127.0.0.1:${one}; default 127.0.0.1:${two}; }`,
    nginx: () => "ssl_preread on; proxy_pass $offered;",
    options: "",
    channels: ({ one, two }) => `alpn=h2 127.0.0.1:${one} ! 127.0.0.1:${two}`,
    check: async (port) => {
      assert.equal(await told(port, clientHello({ alpn: ["http/1.1", "h2"] })), "one");
      assert.equal(await told(port, clientHello({ alpn: ["http/1.1", "h2c"] })), "two");
      assert.equal(await told(port, clientHello({ serverName: "h2" })), "two");
    },
  },
  {
    name: "TLS and SSH share a port",
    around: ({ one, two }) => `map $ssl_preread_protocol $spoken { "" 127.0.0.1:${two}; default 127.0.0.1:${one}; }`,
    nginx: () => "ssl_preread on; proxy_pass $spoken;",
    options: "",
    channels: ({ one, two }) => `proto=tls 127.0.0.1:${one} ! proto=ssh 127.0.0.1:${two}`,
    check: async (port) => {
      assert.equal(await told(port, browserHello("one.example")), "one");
      assert.equal(await told(port, "SSH-2.0-client\r\n"), "two");
    },
  },
  {
    name: "a name decides behind a PROXY header, too, all in one segment or not",
    listen: "proxy_protocol",
    around: ({ one, two }) =>
      `map $ssl_preread_server_name $both { one.example 127.0.0.1:${one}; default 127.0.0.1:${two}; }`,
    nginx: () => "ssl_preread on; set_real_ip_from 127.0.0.1; proxy_pass $both;",
    options: "--accept-proxy 127.0.0.1",
    channels: ({ one, two }) => `sni=one.example 127.0.0.1:${one} ! 127.0.0.1:${two}`,
    check: async (port) => {
      assert.equal(await told(port, header(1, "192.0.2.1"), browserHello("one.example")), "one");
      assert.equal(await told(port, header(2, "192.0.2.1"), clientHello()), "two");
    },
    beyond: async (port) => {
      const hello = browserHello("one.example");
      for (const version of [1, 2] as const) {
        const front = header(version, "192.0.2.1"), all = Uint8Array.from([...front, ...hello]);
        for (const at of [0, 3, front.length - 1, front.length + 1, front.length + 900]) {
          assert.equal(await told(port, ...halves(all, at)), "one", `version ${version}, ${at} bytes first`);
        }
      }
    },
  },
  {
    name: "a back end is told who the client is",
    nginx: ({ echo }) => `proxy_protocol on; proxy_pass 127.0.0.1:${echo};`,
    options: "--proxy v1",
    channels: ({ echo }) => `127.0.0.1:${echo}`,
    check: async (port) => {
      const { client, answer } = await call(port, "end\n");
      using _client = client;
      let text = answer;
      while (!text.endsWith("end\n")) text += await client.readText();
      assert.equal(text, `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.localPort} ${port}\r\nend\n`);
    },
  },
  {
    name: "a back end is told of the client that another proxy has named",
    listen: "proxy_protocol",
    nginx: ({ echo }) => `proxy_protocol on; set_real_ip_from 127.0.0.1; proxy_pass 127.0.0.1:${echo};`,
    options: "--accept-proxy 127.0.0.1 --proxy v1",
    channels: ({ echo }) => `127.0.0.1:${echo}`,
    check: async (port) => {
      for (const version of [1, 2] as const) {
        assert.match(
          await echoed(port, header(version, "192.0.2.1", 999)),
          /^PROXY TCP4 192\.0\.2\.1 \S+ 999 \d+\r\nend\n$/,
        );
      }
    },
  },
];
