/** Prefixes of units, each a thousand times the one before. */
const PREFIXES = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];

/** A time for people: `0s`, `59s`, `3m 20s`, `2h 5m`, `12d 3h`. @param seconds cut to whole ones */
export function ageText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds)), minutes = Math.floor(whole / 60), hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${whole}s`;
  if (hours === 0) return both(`${minutes}m`, whole % 60, "s");
  if (hours < 24) return both(`${hours}h`, minutes % 60, "m");
  return both(`${Math.floor(hours / 24)}d`, hours % 24, "h");
}

/** How long something took, for people: `0.2ms`, `35ms`, `1.2s`, `3m 20s`. */
export function spanText(milliseconds: number): string {
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)}ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)}s`;
  return ageText(Math.round(milliseconds / 1000));
}

/** A whole number of any size with its thousands apart: `12,345`. */
export function countText(count: number | bigint): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A whole number in at most five characters, rounded down: `99999`, `123k`, `1.2M`. */
export function shortCount(count: number | bigint): string {
  const digits = String(count);
  return digits.length < 6 ? digits : scaled(digits);
}

/** Bytes in at most five characters and the unit, rounded down: `999B`, `1.2kB`, `35MB` (1 kB is 1000 bytes). */
export function bytesText(bytes: number | bigint): string {
  const digits = String(bytes);
  return (digits.length < 4 ? digits : scaled(digits)) + "B";
}

/** Something per second: `0`, `0.4`, `3.7`, `35`, `12.3k`. */
export function rateText(rate: number): string {
  if (rate < 0.05) return "0";
  return rate < 9.95 ? rate.toFixed(1) : shortCount(Math.round(rate));
}

function both(first: string, rest: number, unit: string): string {
  return rest === 0 ? first : `${first} ${rest}${unit}`;
}

function scaled(digits: string): string {
  const prefix = Math.floor((digits.length - 1) / 3), whole = digits.length - prefix * 3;
  if (PREFIXES[prefix] === undefined) return digits;
  const number = whole === 3 ? digits.slice(0, 3) : `${digits.slice(0, whole)}.${digits[whole]}`;
  return number + PREFIXES[prefix];
}
