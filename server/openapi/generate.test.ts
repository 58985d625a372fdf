import { generateOpenApi, openApiText } from "./generate";

interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, unknown>;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}
interface Document {
  readonly paths: Record<string, Record<string, Operation> & { readonly parameters?: Operation["parameters"] }>;
}

const document: Document = JSON.parse(openApiText());

test("the document is the same every time", () => {
  expect(openApiText()).toBe(openApiText());
  expect(generateOpenApi()).toEqual(generateOpenApi());
});

test("it holds paths of every mount type", () => {
  for (const path of [
    "/sys/health",
    "/sys/mounts/{path}/tune",
    "/auth/token/create",
    "/auth/{userpass_mount_path}/login/{username}",
    "/auth/{approle_mount_path}/login",
    "/{kv_v2_mount_path}/data/{path}",
    "/cubbyhole/{path}",
  ]) {
    expect(Object.keys(document.paths)).toContain(path);
  }
});

test("operation ids are unique, path parameters are declared", () => {
  const ids = new Set<string>();
  for (const [path, item] of Object.entries(document.paths)) {
    const named = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
    expect((item.parameters ?? []).map((parameter) => parameter.name)).toEqual(named);
    for (const method of ["get", "post", "patch", "delete"]) {
      const operation = item[method];
      if (operation === undefined) continue;
      expect(ids.has(operation.operationId)).toBe(false);
      ids.add(operation.operationId);
    }
  }
});

test("what is secret is marked, what is open too", () => {
  const text = openApiText();
  expect(text).toContain('"format": "password"');
  expect(document.paths["/sys/seal-status"]?.get).toMatchObject({ "x-vault-unauthenticated": true });
  expect(document.paths["/sys/seal"]?.post).toMatchObject({ "x-vault-sudo": true });
});

test("every operation says how it succeeds, but for those that never do", () => {
  const never: string[] = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of ["get", "post", "patch", "delete"]) {
      const operation = item[method];
      if (operation === undefined) continue;
      const statuses = Object.keys(operation.responses);
      if (!statuses.some((status) => status.startsWith("2"))) never.push(`${method} ${path} ${statuses.join()}`);
    }
  }
  expect(never.sort()).toEqual([
    "get /sys/license/status 404",
    "get /sys/replication/dr/secondary/license 404",
    "get /sys/replication/dr/secondary/license/status 404",
    "post /sys/config/reload/{subsystem} 404",
    "post /sys/replication/dr/secondary/config/reload/{subsystem} 404",
    "post /sys/replication/dr/secondary/license 404",
    "post /sys/replication/dr/secondary/license/signed 404",
  ]);
});
