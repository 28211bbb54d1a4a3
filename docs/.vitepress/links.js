import { statSync } from "node:fs";
import { posix } from "node:path";
import { isPage, pathOf } from "./pages.js";

const elsewhere = /^([a-z]+:|#|\/)/;

/** Files that pages link to, and that are no pages themselves: from where to where they are to be copied. */
export const files = [];

/** Has links between files of the repository lead to the same in the site. */
export function links(md, root) {
  md.core.ruler.push("links-of-the-repository", ({ tokens, env }) => {
    for (const link of tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "link_open")) {
      const href = link.attrGet("href");
      if (!elsewhere.test(href)) {
        link.attrSet("href", target(decodeURI(href), env));
      }
    }
  });

  function target(href, { realPath, path, relativePath }) {
    const [to, anchor] = href.split("#");
    const file = posix.join(posix.dirname(sourceOf(realPath ?? path, relativePath)), to);
    if (isPage(file)) {
      return `/${pathOf(file)}${anchor ? `#${anchor}` : ""}`;
    }

    // VitePress itself looks after pages only.
    if (!statSync(posix.join(root, file), { throwIfNoEntry: false })?.isFile()) {
      throw new Error(`${relativePath}: the link to ${href} is dead`);
    }

    if (!files.some(({ from }) => from === file)) {
      files.push({ from: file, to: pathOf(file) });
    }

    return `/${pathOf(file)}`;
  }

  const sourceOf = (path, relativePath) => (path ? posix.relative(root, path) : relativePath);
}
