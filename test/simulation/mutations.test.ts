import { MUTATIONS } from "./mutations";
import { simulate } from "./simulation";

const SEEDS_MAX = 25;

/** Each planted bug must be found, and by the checker that is there for it. */
test.each(MUTATIONS)("finds a cluster that $name", async (mutation) => {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const { violations } = await simulate({ seed, milliseconds: 12_000, mutation });
    if (violations.some(({ invariant }) => invariant === mutation.breaks)) return;
  }
  throw new Error(`no seed from 1 to ${SEEDS_MAX} found a cluster that ${mutation.name}`);
});
