import { generateOpenApi, openApiText } from "./generate";

interface Operation {
  readonly operationId: string;
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
