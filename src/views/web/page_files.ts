import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** The files of the page, in `page/`. A test compares them with what is there. */
export const PAGE_FILES = [
  "index.html",
  "icon.svg",
  "channels.css",
  "colours.css",
  "layout.css",
  "panels.css",
  "channel_cells.js",
  "channel_panel.js",
  "channel_status.js",
  "channel_table.js",
  "charts.js",
  "dialogs.js",
  "elements.js",
  "event_parser.js",
  "failures.js",
  "figures.js",
  "fitting_columns.js",
  "format.js",
  "history.js",
  "kept_failures.js",
  "keys.js",
  "log_lines.js",
  "main.js",
  "requests.js",
  "rows.js",
  "stream.js",
  "tabs.js",
  "theme.js",
  "why.js",
  "word_filter.js",
] as const;

/** The folder they are in. It is embedded in compiled programs. */
const FOLDER = new URL("./page/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** One file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Another one for every content. */
  readonly tag: string;
}

/**
 * Reads all files of the page, so that it stays whole when those on disk are replaced.
 *
 * @returns by their paths
 * @throws {Error} if one cannot be read
 */
export async function readPageFiles(): Promise<Map<string, PageFile>> {
  const charts = await chartLibrary(),
    files: [path: string, URL][] = [
      ...PAGE_FILES.map((name): [string, URL] => [name === "index.html" ? "/" : `/${name}`, new URL(name, FOLDER)]),
      ["/uplot.js", new URL("uPlot.iife.min.js", charts)],
      ["/uplot.css", new URL("uPlot.min.css", charts)],
    ];
  const read = files.map(async ([path, url]): Promise<[string, PageFile]> => {
    const bytes = await Deno.readFile(url), type = TYPES[url.pathname.replace(/^.*\./, "")];
    return [path, { type, bytes, tag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` }];
  });
  return new Map(await Promise.all(read));
}

/** The folder of uPlot's files for browsers. Only where the package was loaded from tells, in a compiled program too. */
async function chartLibrary(): Promise<URL> {
  await import("uplot");
  const main = Object.keys(createRequire(import.meta.url).cache).find((path) => path.endsWith("uPlot.cjs.js"));
  if (main === undefined) throw new Error("the package uplot has another form than expected");
  return new URL("./", pathToFileURL(main));
}
