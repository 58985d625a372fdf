import type { Api } from "../support/api";
import { ServerProcess } from "../support/server-process";

/** Disabling an auth method, and revoking by prefix, are what an operator does when its credentials have leaked. */
let server: ServerProcess;
let root: Api;

beforeAll(async () => {
  server = await ServerProcess.start({ storage: "inmem" });
  root = server.api.with((await server.initialize()).rootToken);
});
afterAll(() => server.destroy());

async function loggedIn(mount: string, user: string): Promise<Api> {
  await root.must("POST", `auth/${mount}/users/${user}`, { password: "p", token_policies: "default" });
  const { auth } = await server.api.must("POST", `auth/${mount}/login/${user}`, { password: "p" });
  return server.api.with(String(auth?.client_token));
}

const status = async (api: Api): Promise<number> => (await api.get("auth/token/lookup-self")).status;

it("ends the tokens that a disabled auth method gave out, and no others", async () => {
  for (const mount of ["gone", "kept"]) await root.must("POST", `sys/auth/${mount}`, { type: "userpass" });
  const gone = await loggedIn("gone", "anna");
  const kept = await loggedIn("kept", "anna");
  expect([await status(gone), await status(kept)]).toEqual([200, 200]);
  await root.must("DELETE", "sys/auth/gone");
  expect([await status(gone), await status(kept), await status(root)]).toEqual([403, 200, 200]);
  await root.must("POST", "sys/auth/gone", { type: "userpass" });
  expect(await status(gone)).toBe(403);
});

it("revokes tokens by the prefix of the path they were made at", async () => {
  await root.must("POST", "sys/auth/leaky", { type: "userpass" });
  const [anna, annabel] = [await loggedIn("leaky", "anna"), await loggedIn("leaky", "annabel")];
  await root.must("POST", "sys/leases/revoke-prefix/auth/leaky/login/anna");
  expect([await status(anna), await status(annabel)]).toEqual([403, 200]);
  await root.must("POST", "sys/leases/revoke-prefix/auth/leaky");
  expect([await status(annabel), await status(root)]).toEqual([403, 200]);
});
