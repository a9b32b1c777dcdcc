import type { Request } from "../options/command_line.ts";

/** What a command line can ask for besides serving and texts about the program. */
export type Action = Exclude<Request, { readonly action: "serve" | "help" | "version" }>;

/** Does it. Each action loads only what it needs, so that every one starts sooner. @returns the exit code */
export async function act(request: Action): Promise<number> {
  switch (request.action) {
    case "completions":
      return await (await import("./complete.ts")).complete(request);
    case "list":
      return await (await import("./list.ts")).list(request);
    case "check":
      return await (await import("./check_config.ts")).checkConfig(request);
    case "diff":
      return await (await import("./diff.ts")).diff(request);
    case "control":
      return await (await import("./operate.ts")).control(request);
    case "top":
      return await (await import("./top.ts")).top(request);
  }
}
