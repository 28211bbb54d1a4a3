/**
 * How long a Retry-After header asks to wait, in milliseconds (RFC 9110, section 10.2.3: seconds or a date);
 * undefined when there is none or it is malformed.
 */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null) {
    return undefined;
  }
  if (/^\d+$/.test(header)) {
    return Number(header) * 1000;
  }
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
