import { renderMermaidSVG } from "beautiful-mermaid";

/** Draws diagrams while the site is built: the same lines that GitHub draws. */
export function fences(md) {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index];
    if (token.info.trim() === "mermaid") {
      return `<div class="diagram" v-pre>${draw(token.content)}</div>\n`;
    }

    // A table of folders is no language.
    token.info = token.info.replace(/^staircase.*/, "txt");
    return fence(tokens, index, ...rest);
  };
}

// Its style would load a font from elsewhere, and Vue takes none in a page: the theme has it.
const draw = (diagram) => renderMermaidSVG(diagram).replace(/<style>.*?<\/style>/s, "").replace(/ style="[^"]*"/, "");
