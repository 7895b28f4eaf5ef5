/** `iot_p95_daily` -> `IotP95Daily`: a part of a logical id that stays the same as long as the name does. */
export function logicalName(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
