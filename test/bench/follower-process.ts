import { LightFollower } from "./light-follower";

/** Light followers of one primary in a process of their own, told what to do over the process's own channel. */
export type FollowerOrder =
  | { readonly kind: "connect"; readonly envelopes: readonly string[]; readonly address: string }
  | { readonly kind: "drop" }
  | { readonly kind: "count" };

let followers: LightFollower[] = [];

async function obey(order: FollowerOrder): Promise<readonly number[]> {
  if (order.kind === "connect") {
    for (const envelope of order.envelopes) followers.push(await LightFollower.connect(envelope, order.address));
  } else if (order.kind === "drop") {
    for (const follower of followers) follower.close();
    followers = [];
  }
  return followers.map((follower) => follower.entries);
}

process.on("message", (order: FollowerOrder) => {
  obey(order).then(
    (entries) => process.send?.({ entries }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
