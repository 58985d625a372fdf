import { expectStatus } from "../expect";
import { type Act, PRIMARY, SECONDARIES } from "../world";

/** Users are replicated, tokens are not: each cluster logs the same user in by itself and knows its own tokens only. */
export const logins: Act = {
  title: "logging the same user in everywhere",

  async play(world) {
    const rows = [];
    const names = [...SECONDARIES, PRIMARY];
    for (const [position, name] of names.entries()) {
      const token = await world.token(name);
      const own = await world.cluster(name).get("auth/token/lookup-self", token);
      expectStatus(`the token of ${name} at ${name}`, own, 200);
      const other = names[(position + 1) % names.length] ?? PRIMARY;
      const elsewhere = await world.cluster(other).get("auth/token/lookup-self", token);
      expectStatus(`the token of ${name} at ${other}`, elsewhere, 403);
      rows.push({ act: `login as demo on ${name}`, seen: `accepted there, its token refused on ${other} (403)` });
    }
    return rows;
  },
};
