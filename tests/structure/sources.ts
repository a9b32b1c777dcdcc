/** All files in a folder of the project, as paths from its root. @param folder with a slash at its end */
export async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(`../../${folder}`, import.meta.url))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}
