import type { Instance } from "../service/instance.ts";

/** What a line of the log about a service begins with, and what that refers to: nothing if there is only one service. */
export function servicePrefix(
  { services }: Pick<Instance, "services">,
  name: string | undefined,
): { prefix: string; service: { readonly service?: string } } {
  if (name === undefined || services.length < 2) return { prefix: "", service: {} };
  return { prefix: "{service}: ", service: { service: name } };
}
