/** What only some services or one engine need, by names that Deno sees. See `keepModules`; the library has them all. */
export const keptModules = [
  () => import("../engine/linux/linux.ts"),
  () => import("../groups/sticky_clients.ts"),
  () => import("../names/name_source.ts"),
  () => import("../table/sticky/sticky.ts"),
  () => import("./health/health.ts"),
  () => import("./names/followed_names.ts"),
  () => import("./reload/reload.ts"),
];
