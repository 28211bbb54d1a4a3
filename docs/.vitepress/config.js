import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { fences } from "./fences.js";
import { files, links } from "./links.js";
import { pathOf, sources } from "./pages.js";
import { slugify } from "./slugify.js";

const here = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Has pages outside of docs/ find Vue, as no folder above them has it. */
const vue = {
  name: "vue-of-docs",
  enforce: "pre",
  resolveId(id, importer, options) {
    return /^vue(\/|$)/.test(id) && importer ? this.resolve(id, here, { ...options, skipSelf: true }) : null;
  },
};

const page = (text, link) => ({ text, link });

export default defineConfig({
  title: "SignalBroker",
  description: "Signals between browsers, through sockets that outlive every deployment",
  base: process.env.DOCS_BASE ?? "/",
  // The whole repository: the pages of its parts belong to the site as well.
  srcDir: "..",
  srcExclude: sources.exclude,
  rewrites: pathOf,
  outDir: "../artifacts/docs",
  cacheDir: "node_modules/.cache/vitepress",
  head: [["link", { rel: "icon", href: "data:," }]],
  vite: { plugins: [vue] },
  markdown: {
    anchor: { slugify },
    config(md) {
      links(md, root);
      fences(md);
    },
  },
  async buildEnd({ outDir }) {
    for (const file of files) {
      await mkdir(dirname(join(outDir, file.to)), { recursive: true });
      await copyFile(join(root, file.from), join(outDir, file.to));
    }
  },
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      page("Get started", "/getting-started"),
      page("Guides", "/guides/calls"),
      page("Reference", "/reference/http-api"),
      page("Operations", "/operations/"),
    ],
    sidebar: [
      {
        text: "Begin",
        items: [page("What it is", "/"), page("Get started", "/getting-started"), page("Concepts", "/concepts")],
      },
      {
        text: "How do I …",
        items: [
          page("make calls", "/guides/calls"),
          page("use rooms", "/guides/rooms"),
          page("keep signals for later", "/guides/inbox"),
          page("see who is there", "/guides/presence"),
          page("wake browsers", "/guides/push"),
          page("let my users in", "/guides/signed-users"),
          page("offer STUN and TURN", "/guides/turn"),
          page("send from a backend", "/guides/backends"),
        ],
      },
      {
        text: "What exactly does … mean?",
        items: [
          page("HTTP API", "/reference/http-api"),
          page("Errors", "/reference/errors"),
          page("On the wire", "/reference/wire-format"),
          page("Settings", "/reference/settings"),
          page("TypeScript client", "/reference/typescript-client"),
          page(".NET client", "/reference/dotnet-client"),
        ],
      },
      {
        text: "How do I run it?",
        items: [
          page("Operations", "/operations/"),
          page("On a Debian machine", "/operations/debian"),
          page("In containers", "/operations/containers"),
          page("On Kubernetes", "/operations/kubernetes"),
          page("Releases", "/operations/releases"),
          page("Before users come", "/operations/checklist"),
          page("TLS in front", "/operations/tls"),
          page("PostgreSQL", "/operations/database"),
          page("Monitoring", "/operations/monitoring"),
          page("Runbooks", "/operations/runbooks"),
          page("Logs", "/operations/logs"),
          page("Grow and shrink", "/operations/scaling"),
          page("Upgrade", "/operations/upgrades"),
          page("Put users out", "/operations/moderation"),
          page("Personal data", "/operations/personal-data"),
          page("Change a secret", "/operations/secrets"),
          page("Which RabbitMQ", "/operations/rabbitmq"),
          page("A node's configuration", "/operations/node-configuration"),
          page("Security", "/security"),
        ],
      },
      {
        text: "How much can it take?",
        items: [
          page("Performance", "/performance/"),
          page("What it costs", "/performance/costs"),
          page("Benchmark", "/performance/benchmark"),
          page("How it is measured", "/performance/bench"),
          page("Load your own", "/performance/load"),
        ],
      },
      {
        text: "How is it made?",
        items: [
          page("Architecture", "/architecture"),
          page("Decisions", "/decisions/"),
          page("Contributing", "/contributing"),
          page("Changes", "/changelog"),
        ],
      },
    ],
  },
});
