// Which Markdown files of the repository are pages of the site, and where they stand in it.

const others = {
  "CHANGELOG.md": "changelog.md",
  "CODE_OF_CONDUCT.md": "code-of-conduct.md",
  "CONTRIBUTING.md": "contributing.md",
  "SECURITY.md": "report-a-hole.md",
  "bench/README.md": "performance/bench.md",
  "rabbitmq-conf/README.md": "operations/node-configuration.md",
  "src/SignalBroker.Client/README.md": "reference/dotnet-client.md",
  "src/signalbroker-js/README.md": "reference/typescript-client.md",
};

const inDocs = /^docs\//;

/** Globs of what is no page. */
export const sources = {
  exclude: [
    "README.md",
    ".*/**",
    "artifacts/**",
    "**/node_modules/**",
    "**/{bin,obj}/**",
    "{src,tests,bench,deploy,migrations,vagrant,rabbitmq-conf}/!(SignalBroker.Client|signalbroker-js)/**/*.md",
  ],
};

/** Whether a file of the repository is a page. */
export const isPage = (file) => file.endsWith(".md") && (inDocs.test(file) || file in others);

/** A page's path in the site. */
export const pathOf = (file) => others[file] ?? file.replace(inDocs, "");
