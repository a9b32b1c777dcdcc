/** How parts of the help look on a terminal. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** Styles with or without escape sequences (ECMA-48). */
export function style(colour: boolean): Style {
  const wrapped = (code: number) => (text: string) => colour ? `\x1b[${code}m${text}\x1b[22m` : text;
  return { bold: wrapped(1), dim: wrapped(2) };
}
