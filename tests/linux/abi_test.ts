import assert from "node:assert/strict";
import { C, epollEventLayout, ERRNO, LAYOUT, systemCallNumbers } from "../../src/engine/linux/kernel/abi.ts";
import { LAYOUT as ACCOUNTS } from "../../src/process/privileges.ts";

const compiler = Deno.build.os === "linux" ? await findCompiler() : undefined;

const HEADERS = [
  "errno.h",
  "fcntl.h",
  "grp.h",
  "netinet/in.h",
  "netinet/tcp.h",
  "poll.h",
  "pwd.h",
  "signal.h",
  "sys/epoll.h",
  "sys/eventfd.h",
  "sys/ioctl.h",
  "sys/resource.h",
  "sys/socket.h",
  "sys/syscall.h",
  "sys/types.h",
  "time.h",
  "linux/socket.h",
  "linux/sockios.h",
];

/** C's names for the layouts' fields. */
const FIELDS: Record<string, { type: string; fields: Record<string, string> }> = {
  sockaddr_in: { type: "struct sockaddr_in", fields: { family: "sin_family", port: "sin_port", address: "sin_addr" } },
  sockaddr_in6: {
    type: "struct sockaddr_in6",
    fields: { family: "sin6_family", port: "sin6_port", address: "sin6_addr", scope: "sin6_scope_id" },
  },
  linger: { type: "struct linger", fields: { onoff: "l_onoff", linger: "l_linger" } },
  rlimit: { type: "struct rlimit", fields: { soft: "rlim_cur", hard: "rlim_max" } },
  timespec: { type: "struct timespec", fields: { seconds: "tv_sec", nanoseconds: "tv_nsec" } },
  tcp_info: { type: "struct tcp_info", fields: { unacked: "tcpi_unacked" } },
  pollfd: { type: "struct pollfd", fields: { fd: "fd", events: "events", revents: "revents" } },
  sigset_t: { type: "sigset_t", fields: {} },
  passwd: { type: "struct passwd", fields: { uid: "pw_uid", gid: "pw_gid" } },
  group: { type: "struct group", fields: { gid: "gr_gid" } },
};

Deno.test({
  name: `constants and layouts are the C compiler's own${compiler ? "" : " (skipped: no C compiler for this Linux)"}`,
  ignore: compiler === undefined,
}, async () => {
  const expected: [expression: string, value: number][] = [...Object.entries(C), ...Object.entries(ERRNO)];
  for (const [name, layout] of Object.entries({ ...LAYOUT, ...ACCOUNTS })) {
    const { type, fields } = FIELDS[name];
    for (const [field, offset] of Object.entries(layout)) {
      expected.push([field === "size" ? `sizeof(${type})` : `offsetof(${type}, ${fields[field]})`, offset]);
    }
  }
  const event = epollEventLayout(Deno.build.arch)!;
  expected.push(["sizeof(struct epoll_event)", event.words * 4]);
  expected.push(["offsetof(struct epoll_event, events)", event.events * 4]);
  expected.push(["offsetof(struct epoll_event, data)", event.data * 4]);
  for (const [name, number] of Object.entries(systemCallNumbers(Deno.build.arch)!)) {
    expected.push([`SYS_${name}`, number]);
  }
  const answers = await ask(compiler!, expected.map(([expression]) => expression));
  expected.forEach(([expression, value], i) => assert.equal(answers[i], value | 0, expression));
});

/** Has the compiler compute integer expressions. */
async function ask(compiler: string, expressions: string[]): Promise<number[]> {
  const directory = await Deno.makeTempDir();
  try {
    const source = [
      "#define _GNU_SOURCE",
      "#include <stddef.h>",
      "#include <stdio.h>",
      ...HEADERS.map((header) => `#include <${header}>`),
      "int main(void) {",
      ...expressions.map((expression) => `printf("%d\\n", (int)(${expression}));`),
      "}",
    ].join("\n");
    await Deno.writeTextFile(`${directory}/ask.c`, source);
    await output(compiler, "-o", `${directory}/ask`, `${directory}/ask.c`);
    return (await output(`${directory}/ask`)).trim().split("\n").map(Number);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function output(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function findCompiler(): Promise<string | undefined> {
  for (const name of ["cc", "gcc", "clang"]) {
    try {
      if ((await new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).output()).success) {
        return name;
      }
    } catch {
      // Not installed.
    }
  }
  return undefined;
}
