// Browsers and newer versions of Node.js have it; calls, which need it, are only tested here.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
