/** Longest time in seconds, 68 years: the range of the C int that Balance uses. */
export const LONGEST_TIME = 2 ** 31 - 1;

/** Longest TCP_USER_TIMEOUT in seconds, 24 days: the kernel counts its milliseconds in a C int (tcp(7)). */
export const LONGEST_USER_TIMEOUT = Math.floor((2 ** 31 - 1) / 1000);

/** Longest time in seconds between checks, and for one, a day. Timers take less than 25 days. */
export const LONGEST_CHECK = 86_400;

/** Longest keep-alive times in seconds (tcp(7)). */
export const LONGEST_KEEP_ALIVE = 32767;

/** Most keep-alive probes (tcp(7)). */
export const MOST_PROBES = 127;

/** Highest count of anything: bytes of a buffer, connections, a backlog. */
export const HIGHEST_COUNT = 2 ** 31 - 1;

/** Longest time in seconds for which a client address is remembered, 100 days: the table's clock wraps around later. */
export const LONGEST_STICKY = 8_640_000;

/** Most client addresses that are remembered. */
export const MOST_STICKY = 2 ** 24;

/** Longest time in seconds that a rate is about, a day. */
export const LONGEST_RATE = 86_400;

/** Longest time in seconds to wait for what a client or a proxy says first, a day. */
export const LONGEST_PREAMBLE = 86_400;
