// @ts-check
/** Numbers, times and bytes as people read them. Pure. */

/** What stands where there is no value. */
export const NOTHING = "–";

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A count with thousands apart: `12,345`. @param {number} value */
export function count(value) {
  return WHOLE.format(value);
}

/** A count in four characters or fewer: `999`, `1.2k`, `35k`, `1.2M`. @param {number} value */
export function short(value) {
  return scaled(value, 1000, ["", "k", "M", "G", "T", "P"], "");
}

/** A rate: `0`, `0.5`, `12`, `1.2k`. @param {number} value per second */
export function rate(value) {
  if (value > 0 && value < 9.95) return value.toFixed(1).replace(/\.0$/, "") === "0" ? "0.1" : value.toFixed(1);
  return short(value);
}

/** Bytes: `0 B`, `512 B`, `1.5 kB`, `23 MB`. @param {number} value */
export function bytes(value) {
  return scaled(value, 1000, ["B", "kB", "MB", "GB", "TB", "PB"], "\u202f");
}

/**
 * @param {number} value
 * @param {number} step
 * @param {readonly string[]} units
 * @param {string} between
 */
function scaled(value, step, units, between) {
  let unit = 0;
  // Rounded to what is shown, so that 999.7 is 1.0k and not 1000.
  while (Math.round(value) >= step && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  return (unit > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value))) + between + units[unit];
}

/** Milliseconds: `0.42 ms`, `12 ms`, `1.5 s`. @param {number | null | undefined} value */
export function milliseconds(value) {
  if (value === null || value === undefined) return NOTHING;
  if (value === 0) return "0";
  if (value < 0.995) return `${value.toFixed(2)}\u202fms`;
  if (value < 9.95) return `${value.toFixed(1)}\u202fms`;
  if (value < 999.5) return `${Math.round(value)}\u202fms`;
  if (value < 9_950) return `${(value / 1000).toFixed(1)}\u202fs`;
  return duration(Math.round(value / 1000));
}

/** Whole seconds in two units at most: `42 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return NOTHING;
  seconds = Math.max(0, Math.floor(seconds));
  if (seconds < 100) return `${seconds}\u202fs`;
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (minutes < 60) return `${minutes}\u202fmin`;
  if (hours < 24) return `${hours}\u202fh` + (minutes % 60 > 0 && hours < 10 ? ` ${minutes % 60}\u202fmin` : "");
  return `${days}\u202fd` + (hours % 24 > 0 && days < 10 ? ` ${hours % 24}\u202fh` : "");
}

/** The time of day of a moment, as the reader's clock shows it: `14:03:07`. @param {string} iso */
export function timeOfDay(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Ports as one would type them: `80,443,8000-8010`. @param {readonly { first: number, last: number }[]} ports */
export function ports(ports) {
  return ports.map(({ first, last }) => first === last ? `${first}` : `${first}-${last}`).join(",");
}

/** A host and its port, IPv6 addresses in brackets; port 0 is the one that the client came to. @param {string} host @param {number} port */
export function hostAndPort(host, port) {
  return `${host.includes(":") ? `[${host}]` : host}:${port === 0 ? "same" : port}`;
}

/** `1 channel`, `2 channels`. @param {number} value @param {string} one @param {string} [many] */
export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}
