/** Identifies a connection in words that operators can type. */
export function connectionId(id: number): string {
  return id.toString(36);
}

/** The number that an id stands for; undefined for anything else. */
export function parseConnectionId(text: string): number | undefined {
  if (!/^[0-9a-z]{1,11}$/i.test(text)) return undefined;
  const id = Number.parseInt(text, 36);
  return id > 0 && id <= Number.MAX_SAFE_INTEGER ? id : undefined;
}
