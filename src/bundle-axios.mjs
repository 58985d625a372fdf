import { readFile } from "node:fs/promises";
import { build } from "esbuild";

/**
 * How axios goes into the bundle. Terraform starts the provider three times for one plan, so each millisecond of its start
 * counts three times: axios lies in the file as text that is compiled at the first request, and without what it brings
 * along for browsers, forms and fetch. We send JSON over Node's http and https.
 */
const REFUSING = 'throw new Error("multipart forms and fetch are left out of this build of axios");';

/** Whole modules, and what takes their place. */
const REPLACED = [
  {
    filter: /^form-data$/,
    importer: /axios/,
    contents: `module.exports = class FormData { constructor() { ${REFUSING} } };`,
  },
  {
    filter: /^\.\/fetch\.js$/,
    importer: /axios\/lib\/adapters\//,
    contents: `export function getFetch() { ${REFUSING} }`,
  },
];

/** Naming these globals makes Node load its whole fetch library. */
const EDITED = {
  filter: /axios\/lib\/utils\.js$/,
  text: "typeof G.FormData !== 'undefined' ? G.FormData : undefined",
  replacement: "undefined",
};

/** @type {import("esbuild").Plugin} */
const leaveOutUnused = {
  name: "leave-out-unused",
  setup(build) {
    for (const [at, { filter, importer }] of REPLACED.entries()) {
      build.onResolve({ filter }, (request) =>
        importer.test(request.importer) ? { path: String(at), namespace: "left-out" } : undefined,
      );
    }
    build.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
      contents: REPLACED[Number(path)].contents,
    }));
    build.onLoad({ filter: EDITED.filter }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      // A new version of axios must not bring the cost back unseen.
      if (!source.includes(EDITED.text)) return { errors: [{ text: `${path} no longer holds: ${EDITED.text}` }] };
      return { contents: source.replace(EDITED.text, EDITED.replacement) };
    });
  },
};

/** @type {import("esbuild").Plugin} */
export const axiosAtFirstUse = {
  name: "axios-at-first-use",
  setup({ onResolve, onLoad, initialOptions }) {
    onResolve({ filter: /^axios$/ }, ({ kind, resolveDir }) =>
      kind === "dynamic-import" ? { path: "axios", namespace: "first-use", pluginData: resolveDir } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "first-use" }, async ({ pluginData: resolveDir }) => {
      const { outputFiles } = await build({
        ...initialOptions,
        entryPoints: [],
        outfile: undefined,
        banner: {},
        stdin: { contents: 'export { default } from "axios";', resolveDir },
        plugins: [leaveOutUnused],
        write: false,
      });
      const text = `(function (exports, require, module) {${outputFiles[0].text}\n})`;
      const contents = `require("node:vm").runInThisContext(${JSON.stringify(text)}, { filename: "axios.js" })(exports, require, module);`;
      return { contents, resolveDir };
    });
  },
};
