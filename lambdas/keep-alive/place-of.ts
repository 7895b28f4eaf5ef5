/** Bucket and key of `s3://BUCKET/KEY`. */
export function placeOf(uri: string): { readonly Bucket: string; readonly Key: string } {
  const { hostname, pathname } = new URL(uri);
  return { Bucket: hostname, Key: decodeURIComponent(pathname.slice(1)) };
}
