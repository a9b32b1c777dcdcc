/** What a client's address, a port, a server name and the id of a connection may look like. */
const SHAPES: Readonly<Record<string, { readonly shape: RegExp; readonly what: string }>> = {
  client: { shape: /^[0-9a-fA-F.:]{2,45}(%[\w.-]{1,15})?$/, what: "a numeric address" },
  id: { shape: /^[0-9a-z]{1,12}$/i, what: "the id of a connection" },
  port: { shape: /^\d{1,5}$/, what: "a number" },
  sni: { shape: /^[\w*.-]{1,253}$/, what: "a server name" },
};

/** The control command that answers `?client=ADDR&port=N&sni=NAME` or `?id=ID`, or what is wrong with the question. */
export function whyCommand(query: URLSearchParams): string | { readonly fault: string } {
  for (const [name, { shape, what }] of Object.entries(SHAPES)) {
    const value = query.get(name);
    if (value !== null && !shape.test(value)) return { fault: `${name} must be ${what}` };
  }
  const client = query.get("client"), id = query.get("id"), port = query.get("port"), sni = query.get("sni");
  if ((client === null) === (id === null)) return { fault: "either client or id is needed" };
  if (id !== null) {
    return port === null && sni === null ? `why ${id} json` : { fault: "an id needs no port and no sni" };
  }
  return `why ${client}${port === null ? "" : ` ${port}`}${sni === null ? "" : ` sni ${sni}`} json`;
}
