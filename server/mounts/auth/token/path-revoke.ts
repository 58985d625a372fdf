import { ServerError } from "../../../sdk/errors";
import { type FieldDeclarations, pathsOf } from "../../../sdk/path";
import { ownToken, type TokenMountContext } from "./context";

const declare = pathsOf<TokenMountContext>();

const tokenField = {
  token: { type: "string", required: true, description: "The token.", sensitive: true },
} as const satisfies FieldDeclarations;

/** A missing token must not read as "nothing to revoke". */
function named(token: string): { readonly kind: "token"; readonly token: string } {
  if (token === "") throw new ServerError("invalid_request", "missing token");
  return { kind: "token", token };
}

export const revokeToken = declare({
  template: "revoke",
  summary: "Revokes a token and all its descendants.",
  fields: tokenField,
  operations: {
    update: {
      summary: "Revoke a token.",
      run: async ({ context, fields }) => {
        await context.tokens.revoke(named(fields.token));
        return { kind: "empty" };
      },
    },
  },
});

export const revokeSelf = declare({
  template: "revoke-self",
  summary: "Revokes the caller's token and all its descendants.",
  fields: {},
  operations: {
    update: {
      summary: "Revoke oneself.",
      run: async ({ context, request }) => {
        await context.tokens.revoke(ownToken(request));
        return { kind: "empty" };
      },
    },
  },
});

export const revokeAccessor = declare({
  template: "revoke-accessor",
  summary: "Revokes the token of an accessor and all its descendants.",
  fields: { accessor: { type: "string", required: true, description: "Accessor of the token." } },
  operations: {
    update: {
      summary: "Revoke a token by its accessor.",
      run: async ({ context, fields }) => {
        await context.tokens.revoke({ kind: "accessor", accessor: fields.accessor });
        return { kind: "empty" };
      },
    },
  },
});

export const revokeOrphan = declare({
  template: "revoke-orphan",
  summary: "Revokes a token and makes orphans of its children.",
  fields: tokenField,
  operations: {
    update: {
      summary: "Revoke a token alone.",
      sudo: true,
      run: async ({ context, fields }) => {
        await context.tokens.revokeOrphan(named(fields.token));
        return { kind: "empty" };
      },
    },
  },
});
