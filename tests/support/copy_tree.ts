/** Copies a folder with all it holds, readable for everybody. */
export function copyTree(from: string, to: string, wanted: (name: string) => boolean = () => true): void {
  Deno.mkdirSync(to, { mode: 0o755 });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (!wanted(name)) continue;
    if (isDirectory) copyTree(`${from}/${name}`, `${to}/${name}`, wanted);
    else {
      Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
      Deno.chmodSync(`${to}/${name}`, 0o644);
    }
  }
}
