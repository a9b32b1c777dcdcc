import fc from "fast-check";

/** What a terminal obeys instead of showing it, or what hides in text: Unicode's own classes, not those of the program. */
const STEERS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Whether text holds nothing that could steer a terminal, forge a line or hide. */
export function isHarmless(text: string): boolean {
  return !STEERS.test(text);
}

/** Characters that have broken programs before. */
const NASTY = [
  "\0",
  "\n",
  "\r",
  "\t",
  "\x1b[2J",
  "\x7f",
  "\x9b31m",
  "\u202e",
  "\u2028",
  "\u200b",
  "\ufeff",
  "\ud800",
  "\u{e0041}",
];

/** Text of every kind: plain, any code unit, and with the worst characters in between. */
export function foreignText(maxLength = 40): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ maxLength }),
    fc.string({ unit: "binary", maxLength }),
    fc.array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 4 })), { maxLength: Math.ceil(maxLength / 4) })
      .map((parts) => parts.join("")),
  );
}
