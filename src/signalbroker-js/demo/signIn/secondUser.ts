import { byId } from "../page/dom";

/** Keeps the link to a second user's tab up to date: another name, with this user as the addressee. */
export function createSecondUserLink(onOpen: (secondUser: string) => void): (myUserId: string) => void {
  const link = byId("second-user", HTMLAnchorElement);
  let second = "bob";
  link.addEventListener("click", () => onOpen(second));

  return (myUserId) => {
    second = myUserId === "bob" ? "alice" : "bob";
    const query = new URLSearchParams({ user: second, autoconnect: "1" });
    if (myUserId !== "") {
      query.set("to", myUserId);
    }
    link.href = `?${query}`;
  };
}
