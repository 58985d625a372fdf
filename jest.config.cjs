/** Unit tests lie beside the code, what crosses rooms lies under test/. Run one room with `npx jest server/http`. */
module.exports = {
  testEnvironment: "node",
  testMatch: ["<rootDir>/{server,src,constructs,examples,test}/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/dist/"],
  modulePathIgnorePatterns: ["/dist/", "/cdktf.out/"],
  transform: { "\\.ts$": "<rootDir>/test/support/esbuild-transform.cjs" },
  watchman: false,
};
