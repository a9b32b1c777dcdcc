import { sources } from "./sources.ts";

/** A document of the project, taken apart. */
export class Document {
  /** Path from the root. */
  readonly name: string;
  readonly text: string;

  private constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  static async read(name: string): Promise<Document> {
    return new Document(name, await Deno.readTextFile(new URL(`../../${name}`, import.meta.url)));
  }

  /** README and all pages below `docs` and `.github` that belong to it. */
  static async readAll(): Promise<Document[]> {
    const names = ["README.md"];
    for (const folder of ["docs/", ".github/"]) {
      for await (const file of sources(folder)) if (file.endsWith(".md")) names.push(file);
    }
    return Promise.all(names.sort().map(Document.read));
  }

  /** The text without blocks of code. */
  get prose(): string {
    return this.text.replaceAll(/^```.*?^```$/gms, "");
  }

  /** All code spans in the prose. */
  get spans(): string[] {
    return spans(this.prose);
  }

  /** Targets of all links. */
  get links(): string[] {
    return [...this.prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  }

  /** What `#…` can name: headings as GitHub writes them in addresses. */
  get anchors(): string[] {
    return [...this.prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s-]/gu, "").replaceAll(" ", "-")
    );
  }

  /** The rows of the table with this first heading, as their cells. @throws {Error} when there is none */
  table(heading: string): string[][] {
    const [table] = this.tables(heading);
    if (table === undefined) throw new Error(`${this.name} has no table of ${heading}`);
    return table.rows;
  }

  /** All tables with this first heading: their rows, as cells, and the title of the chapter in which each stands. */
  tables(heading: string): { readonly chapter: string; readonly rows: string[][] }[] {
    const found: { chapter: string; rows: string[][] }[] = [];
    for (const chapter of this.prose.split(/^#+ /m)) {
      for (const [lines] of chapter.matchAll(/(?:^\|.*\n)+/gm)) {
        const [head, , ...rows] = lines.trimEnd().split("\n").map(cells);
        if (head[0] === heading) found.push({ chapter: chapter.slice(0, chapter.indexOf("\n")), rows });
      }
    }
    return found;
  }
}

/** All code spans in a piece of a document, as readers see them. */
export function spans(markdown: string): string[] {
  return [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);
}

/** Cells of a table's line. `\|` is a bar inside of one. */
function cells(line: string): string[] {
  return line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|"));
}
