import assert from "node:assert/strict";
import { parseHost } from "../../../table/address.ts";
import { Prelude } from "../../prelude.ts";
import { C, ERRNO } from "../kernel/abi.ts";
import { Backlog } from "../relaying/backlog.ts";
import { Connections, IS, ROW, WIDTH } from "../thread/connections.ts";
import type { Dial } from "./dials.ts";
import type { Calls, Libc } from "../kernel/libc.ts";
import { PipePool } from "../relaying/pipe_pool.ts";
import { Preludes } from "./preludes.ts";
import { encodeAddress } from "../kernel/sockets.ts";
import { STAGE } from "../thread/stage.ts";
import type { Traffic } from "../relaying/traffic.ts";

const CLIENT = 10, SERVER = 11;

const HEADER = "PROXY TCP4 192.0.2.1 198.51.100.2 1000 443\r\n";

/** A channel that has just been connected, with a kernel that takes so many bytes at a time, or refuses with an errno. */
function connected(takes: number[], { said = false } = {}) {
  const sent: string[] = [], how: number[] = [];
  let counted = 0, pushed = 0;
  const call: Partial<Calls> = {
    send: (_, bytes, length, flags) => {
      const n = Math.min(takes.shift() ?? Infinity, length);
      how.push(flags);
      if (n > 0) sent.push(new TextDecoder().decode(bytes.subarray(0, n)));
      return n;
    },
    getsockname: (_, address) => {
      (address as Uint8Array).set(encodeAddress(parseHost("198.51.100.2").bytes, 443, 0));
      return 0;
    },
    setsockopt: (_, __, name) => (pushed += name === C.TCP_NODELAY ? 1 : 0, 0),
  };
  const libc = { call } as Libc, connections = new Connections(libc, new Uint8Array(4096), 0);
  const traffic = { moved: (_: number, bytes: number) => void (counted += bytes) } as Traffic;
  const backlog = new Backlog(libc, connections, new PipePool(libc, connections, 1), traffic);
  const preludes = new Preludes(libc, connections, backlog);
  connections.open(CLIENT, STAGE.CLIENT, IS.CLIENT | IS.WRITABLE | (said ? IS.READABLE : 0), SERVER);
  connections.open(SERVER, STAGE.CHANNEL, IS.WRITABLE, CLIENT);
  const flags = (fd: number) => connections.rows[fd * WIDTH + ROW.FLAGS];
  const prelude = new Prelude({ proxyChecksum: false, proxyUniqueId: false, proxyPassTlv: false });
  const dial = {
    client: { address: parseHost("192.0.2.1").bytes, port: 1000 },
    terms: { prelude },
  } as unknown as Dial;
  const held = preludes.begin(CLIENT, SERVER, dial, 1);
  return { held, sent, how, backlog, flags, preludes, counted: () => counted, pushed: () => pushed };
}

Deno.test("a header goes out at once, and is held back only for bytes that the client has sent already", () => {
  const silent = connected([]);
  assert.deepEqual([silent.held, silent.sent, silent.how], [false, [HEADER], [C.MSG_NOSIGNAL]]);
  const talking = connected([], { said: true });
  assert.deepEqual([talking.held, talking.sent, talking.how], [true, [HEADER], [C.MSG_NOSIGNAL | C.MSG_MORE]]);
  assert.equal(talking.pushed(), 0);
  talking.preludes.push(SERVER);
  assert.equal(talking.pushed(), 1);
});

Deno.test("what the kernel does not take of a header stays in front of the client's bytes, and is not counted", () => {
  for (const first of [-ERRNO.EAGAIN, 1, HEADER.length - 1]) {
    const { held, sent, backlog, flags, counted } = connected([first, 3, -ERRNO.EAGAIN], { said: true });
    assert.equal(held, false);
    assert.equal((flags(CLIENT) & IS.BACKLOG) !== 0 && (flags(SERVER) & IS.WRITABLE) === 0, true);
    const flush = () => {
      while ((flags(CLIENT) & IS.BACKLOG) !== 0) backlog.flush(CLIENT);
    };
    flush();
    assert.equal(sent.join(""), HEADER);
    assert.equal(counted(), 0);
    // From now on its own bytes are kept, and these count.
    backlog.keep(CLIENT, 0, 5);
    flush();
    assert.equal(counted(), 5);
  }
});

Deno.test("a rest of a header that nobody can take any more leaves no trace", () => {
  const { backlog, flags, counted } = connected([1]);
  backlog.drop(CLIENT);
  assert.equal(flags(CLIENT) & (IS.BACKLOG | IS.PRELUDE), 0);
  backlog.keep(CLIENT, 0, 5);
  backlog.flush(CLIENT);
  assert.equal(counted(), 5);
});

Deno.test("a channel that is gone before it has its header is broken, and what it sent can still be read", () => {
  const { held, flags } = connected([-ERRNO.EPIPE], { said: true });
  assert.equal(held, false);
  assert.equal(flags(SERVER) & (IS.BROKEN | IS.READABLE), IS.BROKEN | IS.READABLE);
  assert.equal(flags(CLIENT) & IS.BACKLOG, 0);
});
