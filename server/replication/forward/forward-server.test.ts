import { ServerError } from "../../sdk/errors";
import { corruptRecord } from "../../sdk/record";
import { errorData } from "./forward-server";

test("a member is not told which record is damaged: it may be of a mount that is kept from it", () => {
  const answer = errorData(corruptRecord("g/1/i/r/mount-of-others/3c69"));
  expect(answer).toEqual({ code: "corrupt", text: "stored data is corrupt" });
});

test("other errors come with their public text", () => {
  const refused = new ServerError("invalid_request", "no such key");
  expect(errorData(refused)).toEqual({ code: "invalid_request", text: "no such key" });
  expect(errorData(new Error("secret detail"))).toEqual({ code: "internal", text: "internal error" });
});
