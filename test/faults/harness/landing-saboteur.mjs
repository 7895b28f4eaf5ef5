/**
 * Loaded into the landing by NODE_OPTIONS, beside the bundle as shipped: when the file that MILLRACE_SABOTAGE names
 * appears, the next request to S3 does what it says (`memory`: takes memory until the process dies; `hang`: never
 * comes back), once.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

const order = process.env.MILLRACE_SABOTAGE ?? '';

const deeds = {
  memory: () => {
    const taken = [];
    for (;;) taken.push(new Array(1_000_000).fill(Math.random()));
  },
  hang: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};

const request = http.request;
http.request = function sabotaged(options, ...rest) {
  if (options?.method === 'PUT' && existsSync(order)) {
    const deed = deeds[readFileSync(order, 'utf8').trim()];
    rmSync(order);
    deed();
  }
  return request.call(this, options, ...rest);
};
syncBuiltinESMExports();
