import type { Outcome } from "../../../sdk/outcome";
import { type FieldDeclarations, pathsOf } from "../../../sdk/path";
import type { TokenSelector } from "../../../sdk/token";
import { ownToken, type TokenMountContext } from "./context";

const declare = pathsOf<TokenMountContext>();

const increment = {
  increment: { type: "duration", default: 0, description: "Lifetime asked for; the token's limits hold." },
} as const satisfies FieldDeclarations;

async function renew(context: TokenMountContext, selector: TokenSelector, seconds: number): Promise<Outcome> {
  const { auth, warnings } = await context.tokens.renew(selector, seconds);
  return { kind: "auth", auth, warnings };
}

export const renewToken = declare({
  template: "renew",
  summary: "Renews a token.",
  fields: {
    ...increment,
    token: { type: "string", description: "The token; default: the caller's.", sensitive: true },
  },
  operations: {
    update: {
      summary: "Renew a token.",
      run: ({ context, request, fields }) => {
        const token = fields.token ?? "";
        return renew(context, token === "" ? ownToken(request) : { kind: "token", token }, fields.increment);
      },
    },
  },
});

export const renewSelf = declare({
  template: "renew-self",
  summary: "Renews the caller's token.",
  fields: { ...increment, token: { type: "string", description: "Not looked at.", sensitive: true } },
  operations: {
    update: {
      summary: "Renew oneself.",
      run: ({ context, request, fields }) => renew(context, ownToken(request), fields.increment),
    },
  },
});

export const renewAccessor = declare({
  template: "renew-accessor",
  summary: "Renews the token of an accessor.",
  fields: { ...increment, accessor: { type: "string", required: true, description: "Accessor of the token." } },
  operations: {
    update: {
      summary: "Renew a token by its accessor.",
      run: ({ context, fields }) => renew(context, { kind: "accessor", accessor: fields.accessor }, fields.increment),
    },
  },
});
