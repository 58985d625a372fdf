import type { Outcome } from "../../../sdk/outcome";
import { openMount } from "../../../sdk/testing/call-path";
import { mountContext } from "../../../sdk/testing/mount-context";
import { approle } from "./index";

function opened() {
  const context = mountContext({
    mountPath: "auth/approle/",
    callPrimary: (name, payload) => {
      const run = approle.primaryCalls?.[name];
      const own = approle.open?.(context);
      if (run === undefined || own === undefined) throw new Error(`no call ${name}`);
      return run(own, payload);
    },
  });
  return openMount(approle, context);
}

function textOf(outcome: Outcome, name: string): string {
  if (outcome.kind !== "data" || outcome.data === null || !(name in outcome.data)) throw new Error(`no ${name}`);
  return String(new Map<string, unknown>(Object.entries(outcome.data)).get(name));
}

test("a secret id narrows where its tokens may be used from, and never widens what its role says", async () => {
  const call = opened();
  await call("write", "role/app", { body: { token_bound_cidrs: "10.0.0.0/8,2001:db8::/32" } });
  const generate = (body: Record<string, string>) => call("write", "role/app/secret-id", { body });
  for (const blocks of ["0.0.0.0/0", "10.1.0.0/16,192.168.0.0/16", "10.0.0.0/7", "2001:db9::/48", "::/0"]) {
    await expect(generate({ token_bound_cidrs: blocks })).rejects.toMatchObject({ code: "invalid_request" });
  }
  const secret_id = textOf(await generate({ token_bound_cidrs: "10.1.0.0/16,2001:db8:1::/48" }), "secret_id");
  const role_id = textOf(await call("read", "role/app/role-id"), "role_id");
  const login = () => call("write", "login", { body: { role_id, secret_id }, token: null, remoteAddress: "10.1.0.1" });
  expect(await login()).toMatchObject({ grant: { boundCidrs: ["10.1.0.0/16", "2001:db8:1::/48"] } });
  await call("write", "role/app", { body: { token_bound_cidrs: "10.1.0.0/16" } });
  expect(await login()).toMatchObject({ grant: { boundCidrs: ["10.1.0.0/16"] } });
  await call("write", "role/app", { body: { token_bound_cidrs: "172.16.0.0/12" } });
  await expect(login()).rejects.toMatchObject({ code: "invalid_credentials" });
});

test("a secret id's own addresses lie within the role's", async () => {
  const call = opened();
  await call("write", "role/app", { body: { secret_id_bound_cidrs: "10.0.0.0/8" } });
  const generate = (cidr_list: string) => call("write", "role/app/secret-id", { body: { cidr_list } });
  await expect(generate("10.0.0.0/8,11.0.0.0/8")).rejects.toMatchObject({ code: "invalid_request" });
  await generate("10.2.3.4");
});
