import { createServer } from "node:net";

/**
 * TCP ports that are free on an address now. All are held until all are found, so that they differ. Another program may
 * take one before the server does; the server then says so.
 */
export async function freePorts(address: string, count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(
        (server) =>
          new Promise<number>((resolve, reject) => {
            server.once("error", reject);
            server.listen({ host: address, port: 0 }, () => {
              const bound = server.address();
              if (typeof bound === "object" && bound !== null) resolve(bound.port);
              else reject(new Error("no port was bound"));
            });
          }),
      ),
    );
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
