/** A heading's anchor, as GitHub makes it. */
export const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{Nd} _-]/gu, "")
    .replaceAll(" ", "-");
