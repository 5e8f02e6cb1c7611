/**
 * Builds the page into the Python package: hashed files, and a manifest that says which
 * screen needs which. `node build.js FOLDER` builds elsewhere, to compare.
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = process.argv[2] ?? join(HERE, "../services/goals/page/static");
const SCREENS = join(HERE, "src/screens");

const screens = (await readdir(SCREENS)).filter((name) => name.endsWith(".js")).sort();

await rm(TARGET, { recursive: true, force: true });
await mkdir(TARGET, { recursive: true });

const { metafile } = await build({
  absWorkingDir: HERE,
  entryPoints: [
    ...screens.map((name) => `src/screens/${name}`),
    "src/live/stream_worker.js",
    "src/page.css",
  ],
  outdir: TARGET,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  legalComments: "none",
  metafile: true,
});

const outputs = new Map(
  Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]),
);

/** Return the files that a file imports before it runs, itself first. */
function needed(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const { path, kind } of outputs.get(name).imports) {
    if (kind === "import-statement") needed(basename(path), found);
  }
  return found;
}

const manifest = { screens: {}, worker: "", style: "", icon: "" };
for (const [name, { entryPoint }] of outputs) {
  if (!entryPoint) continue;
  const source = basename(entryPoint).replace(/\.\w+$/, "");
  if (entryPoint.endsWith(".css")) manifest.style = name;
  else if (entryPoint.includes("stream_worker")) manifest.worker = name;
  else manifest.screens[source] = [...needed(name)];
}

const icon = await readFile(join(HERE, "src/cairn.svg"));
const hash = createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase();
manifest.icon = `cairn-${hash}.svg`;
await writeFile(join(TARGET, manifest.icon), icon);
manifest.screens = Object.fromEntries(Object.entries(manifest.screens).sort());
await writeFile(join(TARGET, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
await writeFile(join(TARGET, "NOTICES.txt"), await notices());

/** Return the licences of what is built in, as they ask to be handed on. */
async function notices() {
  const packages = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const path = relative("", input).split("node_modules/").at(-1);
    if (!input.includes("node_modules/")) continue;
    const parts = path.split("/");
    packages.add(parts[0].startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]);
  }
  const texts = [];
  for (const name of [...packages].sort()) {
    const folder = join(HERE, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
    const text = file ? await readFile(join(folder, file), "utf8") : "";
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}
