/** Takes a secret out of a text that others will read: as it is, and as a URL writes it. */
export function redaction(secret: string | undefined): (text: string) => string {
  if (secret === undefined || secret === '') return (text) => text;
  const form = new URLSearchParams({ s: secret }).toString().slice(2);
  const written = new Set([secret, encodeURIComponent(secret), encodeURI(secret), form]);
  // The longest first: one may be a part of another.
  const forms = [...written].sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((left, one) => left.replaceAll(one, '***'), text);
}
