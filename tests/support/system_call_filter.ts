/** Makes the kernel refuse system calls to this process, as a container's or a service's seccomp filter does. */

/** A system call that is refused. */
export interface Refusal {
  readonly call: SystemCall;
  /** Only when an argument has this value: the argument's index and its low 32 bits. */
  readonly where?: readonly [argument: number, value: number];
  /** Error number that the caller gets. */
  readonly errno: number;
}

/** A system call whose number is known here. */
export type SystemCall = keyof typeof NUMBERS.x86_64;

// asm/unistd.h
const NUMBERS = {
  x86_64: {
    accept4: 288,
    close_range: 436,
    epoll_create1: 291,
    eventfd2: 290,
    fcntl: 72,
    ioctl: 16,
    pipe2: 293,
    setsockopt: 54,
    splice: 275,
  },
  aarch64: {
    accept4: 242,
    close_range: 436,
    epoll_create1: 20,
    eventfd2: 19,
    fcntl: 25,
    ioctl: 29,
    pipe2: 59,
    setsockopt: 208,
    splice: 76,
  },
} as const;

const SECCOMP = { x86_64: 317, aarch64: 277 } as const;

// linux/audit.h
const ARCHITECTURE = { x86_64: 0xc000003e, aarch64: 0xc00000b7 } as const;

// linux/bpf_common.h: load a word of `struct seccomp_data`, jump if equal, return.
const LOAD = 0x20, JUMP_IF_EQUAL = 0x15, RETURN = 0x06;

// linux/seccomp.h and seccomp(2)
const ALLOW = 0x7fff0000, ERRNO = 0x00050000, SET_MODE_FILTER = 1, FLAG_TSYNC = 1;
const OFFSET = { nr: 0, arch: 4, args: 16 } as const;

// prctl(2)
const PR_SET_NO_NEW_PRIVS = 38;

/**
 * The filter as a classic BPF program: eight bytes an instruction (`struct sock_filter`: code, jump if true, jump if
 * false, operand).
 */
export function filterProgram(refusals: readonly Refusal[], arch: keyof typeof NUMBERS): Uint8Array<ArrayBuffer> {
  const instructions: [code: number, jt: number, jf: number, k: number][] = [
    [LOAD, 0, 0, OFFSET.arch],
    [JUMP_IF_EQUAL, 1, 0, ARCHITECTURE[arch]],
    [RETURN, 0, 0, ALLOW],
  ];
  for (const { call, where, errno } of refusals) {
    instructions.push([LOAD, 0, 0, OFFSET.nr], [JUMP_IF_EQUAL, 0, where ? 3 : 1, NUMBERS[arch][call]]);
    if (where) instructions.push([LOAD, 0, 0, OFFSET.args + 8 * where[0]], [JUMP_IF_EQUAL, 0, 1, where[1]]);
    instructions.push([RETURN, 0, 0, ERRNO | errno]);
  }
  instructions.push([RETURN, 0, 0, ALLOW]);
  const bytes = new Uint8Array(instructions.length * 8), view = new DataView(bytes.buffer);
  instructions.forEach(([code, jt, jf, k], i) => {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, jt);
    view.setUint8(i * 8 + 3, jf);
    view.setUint32(i * 8 + 4, k, true);
  });
  return bytes;
}

/**
 * Installs a filter on every thread of this process, for good; programs that it executes inherit the filter. Needs no
 * privilege.
 *
 * @throws {Error} where the kernel has no seccomp filters
 */
export function refuse(refusals: readonly Refusal[]): void {
  const arch = Deno.build.arch;
  const program = filterProgram(refusals, arch);
  // struct sock_fprog: the number of instructions, and where they are.
  const header = new Uint8Array(16), view = new DataView(header.buffer);
  view.setUint16(0, program.length / 8, true);
  view.setBigUint64(8, BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(program))), true);
  const library = Deno.dlopen("", {
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    syscall: { parameters: ["i64", "u32", "u32", "buffer"], result: "i64" },
  });
  const { prctl, syscall } = library.symbols;
  const done = prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n) === 0 &&
    Number(syscall(BigInt(SECCOMP[arch]), SET_MODE_FILTER, FLAG_TSYNC, header)) === 0;
  library.close();
  if (!done) throw new Error("Cannot install system call filter: the kernel refuses it");
}
