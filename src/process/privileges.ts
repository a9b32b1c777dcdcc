/** Offsets in bytes in `struct passwd` and `struct group`, with glibc or musl on 64-bit Linux. */
export const LAYOUT = {
  passwd: { uid: 16, gid: 20 },
  group: { gid: 16 },
} as const;

const SYMBOLS = {
  getpwnam: { parameters: ["buffer"], result: "pointer" },
  getpwuid: { parameters: ["u32"], result: "pointer" },
  getgrnam: { parameters: ["buffer"], result: "pointer" },
  setgroups: { parameters: ["u32", "buffer"], result: "i32" },
  setresgid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
} as const;

type Calls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Why the process cannot become another user here, as the end of a sentence; undefined when it may try. */
export function privilegesUnavailable(): string | undefined {
  if (Deno.build.os !== "linux") return `this is ${Deno.build.os}`;
  // Queried first, so that Deno does not prompt.
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  return state === "granted" ? undefined : "there is no permission, --allow-ffi";
}

/**
 * Changes the user and group of the whole process for good, and makes sure that there is no way back. libc changes
 * every thread (nptl(7)).
 *
 * @param user name or number; undefined to change the group only
 * @param group name or number; default is the user's own
 * @throws {TypeError} when there is no such user or group
 * @throws {Error} when the system refuses, or when the old user could be regained
 */
export function dropPrivileges(user: string | undefined, group: string | undefined): void {
  const library = Deno.dlopen("", SYMBOLS), call = library.symbols;
  try {
    const entry = user === undefined ? undefined : findUser(call, user);
    const gid = group !== undefined ? findGroup(call, group) : entry?.gid;
    if (user !== undefined && gid === undefined) {
      throw new TypeError(`Cannot become user ${JSON.stringify(user)}: it has no group of its own, name one`);
    }
    const was = call.geteuid();
    // The order matters: without the user's rights, groups cannot be changed any more.
    if (gid !== undefined) {
      // Only the new group is kept, so that none of root's groups stays.
      if (was === 0 && call.setgroups(0, null) < 0) throw refused("group", group ?? user!);
      if (call.setresgid(gid, gid, gid) < 0) throw refused("group", group ?? user!);
    }
    if (entry === undefined) return;
    if (call.setresuid(entry.uid, entry.uid, entry.uid) < 0) throw refused("user", user!);
    if (call.geteuid() !== entry.uid) throw refused("user", user!);
    if (entry.uid !== 0 && (call.setresuid(0, 0, 0) === 0 || call.geteuid() !== entry.uid)) {
      throw new Error(`Cannot become user ${JSON.stringify(user)}: the old rights can be regained`);
    }
  } finally {
    library.close();
  }
}

interface UserEntry {
  readonly uid: number;
  readonly gid: number | undefined;
}

/** Makes sure that the system knows this user and group. @throws {TypeError} when there is no such user or group */
export function checkAccounts(user: string | undefined, group: string | undefined): void {
  const library = Deno.dlopen("", SYMBOLS), call = library.symbols;
  try {
    if (user !== undefined && findUser(call, user).gid === undefined && group === undefined) {
      throw new TypeError(`Cannot become user ${JSON.stringify(user)}: it has no group of its own, name one`);
    }
    if (group !== undefined) findGroup(call, group);
  } finally {
    library.close();
  }
}

/** The number of a user. @throws {TypeError} when there is no such user */
export function userNumber(user: string): number {
  const library = Deno.dlopen("", SYMBOLS);
  try {
    return findUser(library.symbols, user).uid;
  } finally {
    library.close();
  }
}

function findUser(call: Calls, user: string): UserEntry {
  const number = parseNumber(user);
  const entry = number === undefined ? call.getpwnam(text(user)) : call.getpwuid(number);
  if (entry !== null) {
    const view = new Deno.UnsafePointerView(entry);
    return { uid: view.getUint32(LAYOUT.passwd.uid), gid: view.getUint32(LAYOUT.passwd.gid) };
  }
  if (number === undefined) throw new TypeError(`Cannot become user ${JSON.stringify(user)}: there is no such user`);
  return { uid: number, gid: undefined };
}

function findGroup(call: Calls, group: string): number {
  const number = parseNumber(group);
  if (number !== undefined) return number;
  const entry = call.getgrnam(text(group));
  if (entry === null) throw new TypeError(`Cannot take group ${JSON.stringify(group)}: there is no such group`);
  return new Deno.UnsafePointerView(entry).getUint32(LAYOUT.group.gid);
}

/** A user or group number. The largest one does not count: to the system it means "leave it as it is". */
function parseNumber(word: string): number | undefined {
  return /^\d{1,10}$/.test(word) && Number(word) < 0xffffffff ? Number(word) : undefined;
}

function text(word: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${word}\0`);
}

function refused(what: "user" | "group", word: string): Error {
  return new Error(`Cannot take the rights of ${what} ${JSON.stringify(word)}: the system refuses, root is needed`);
}
