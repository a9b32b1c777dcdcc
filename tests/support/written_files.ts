/** Files of services in memory, read and written. */
import assert from "node:assert/strict";
import { readServiceWords } from "../../src/options/read_words.ts";
import { sameService } from "../../src/options/same_service.ts";
import { readServiceFile, type ServiceFile } from "../../src/options/service_file.ts";
import type { ServiceSpec } from "../../src/options/service_spec.ts";
import { updatedFiles } from "../../src/options/updated_files.ts";
import { MemoryFiles } from "./memory_files.ts";

/** Files that have nothing wrong with them. */
export function read(files: Record<string, string>): ServiceFile {
  const { file, faults } = readServiceFile(Object.keys(files)[0], new MemoryFiles(files));
  assert.deepEqual(faults, []);
  return file;
}

/** The service of one line. */
export function spec(line: string): ServiceSpec {
  const { result, faults } = readServiceWords(line.split(" "));
  assert.deepEqual(faults, []);
  return result!;
}

/** The texts of all files once they describe these services. */
export function updated(files: Record<string, string>, services: readonly ServiceSpec[]): Record<string, string> {
  const now = { ...files };
  for (const { source, text } of updatedFiles(read(files), services)) now[source.path] = text;
  // Whatever was written means what it should.
  const { spec: { services: again } } = read(now),
    byName = (a: ServiceSpec, b: ServiceSpec) => a.name < b.name ? -1 : 1;
  assert.deepEqual(again.map(({ name }) => name).sort(), services.map(({ name }) => name).sort());
  again.toSorted(byName).forEach((one, i) => assert.ok(sameService(one, services.toSorted(byName)[i]), one.name));
  return now;
}
