import type { Form } from "./exposition.ts";

/**
 * The form that a client likes best (RFC 9110, 12.5.1). Where it likes both as much, the text format.
 *
 * @param accept the field Accept
 */
export function acceptedForm(accept: string | undefined): Form {
  let open = 0, text = accept === undefined ? 1 : 0;
  for (const range of (accept ?? "").split(",")) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const value = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
    const quality = Number(value("q") ?? 1), version = value("version")?.replaceAll('"', "");
    if (!(quality > 0)) continue;
    if (type === "application/openmetrics-text") {
      if (version === undefined || version === "1.0.0" || version === "0.0.1") open = Math.max(open, quality);
    } else if (type === "text/plain" && (version === undefined || version === "0.0.4") || type === "*/*") {
      text = Math.max(text, quality);
    }
  }
  return open > text ? "openmetrics" : "text";
}
