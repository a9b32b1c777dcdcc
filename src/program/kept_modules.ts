import { keptModules as ofServices } from "../service/kept_modules.ts";

/** What only options or a file of services ask for, by names that Deno sees. See `keepModules`. */
export const keptModules = [
  ...ofServices,
  () => import("./config.ts"),
  () => import("./http_views.ts"),
  () => import("../service/drafts/strategy_files.ts"),
  () => import("../views/connection_log/connection_log.ts"),
  () => import("../views/connection_log/open_lines.ts"),
];
