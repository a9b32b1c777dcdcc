import { FIOCLEX } from "./inheritable.ts";
import { FIRST_DESCRIPTOR } from "./service_environment.ts";

/** CLOSE_RANGE_CLOEXEC (close_range(2)). */
const CLOEXEC = 4;

/** `ioctl` that sets close-on-exec. It takes no third argument. */
const REQUESTS = { linux: FIOCLEX, darwin: 0x20006601n } as const;

/**
 * Keeps programs that this process starts from inheriting the descriptors that it was given itself, such as a lock, or
 * a pipe whose reader waits for its end. Deno's own are never inherited. Sockets that a service manager gave to this
 * process (LISTEN_FDS, LISTEN_PID) are passed on. Does what the system allows, and nothing on Windows.
 */
export function withholdDescriptors(): void {
  if (Deno.build.os !== "linux" && Deno.build.os !== "darwin") return;
  const from = FIRST_DESCRIPTOR + givenOnPurpose(), request = REQUESTS[Deno.build.os];
  const library = openLibrary();
  if (library === undefined) return;
  const { close_range, ioctl } = library.symbols;
  try {
    // Missing before Linux 5.11 and glibc 2.34, and on macOS.
    if (close_range !== null && close_range(from, 0xffffffff, CLOEXEC) === 0) return;
    for (const fd of openDescriptors()) if (fd >= from) ioctl(fd, request);
  } finally {
    library.close();
  }
}

/** How many descriptors a service manager gave to this very process, from the third on. */
function givenOnPurpose(): number {
  if (Deno.env.get("LISTEN_PID") !== String(Deno.pid)) return 0;
  const count = Deno.env.get("LISTEN_FDS") ?? "";
  return /^\d{1,6}$/.test(count) ? Number(count) : 0;
}

function openLibrary() {
  try {
    return Deno.dlopen(Deno.build.os === "darwin" ? "libSystem.B.dylib" : "", {
      close_range: { parameters: ["u32", "u32", "i32"], result: "i32", optional: true },
      ioctl: { parameters: ["i32", "usize"], result: "i32" },
    });
  } catch {
    return undefined;
  }
}

function openDescriptors(): number[] {
  try {
    return [...Deno.readDirSync("/dev/fd")].map(({ name }) => Number(name)).filter(Number.isInteger);
  } catch {
    return [];
  }
}
