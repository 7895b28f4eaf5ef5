import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FaultProxy, startProxy } from './proxy.ts';

let service: Server;
let proxy: FaultProxy;
const heard: string[] = [];

beforeAll(async () => {
  service = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    heard.push(`${request.method} ${request.url} ${Buffer.concat(parts)}`);
    response.writeHead(201, { etag: '"1"' }).end('done');
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  proxy = await startProxy(`http://127.0.0.1:${(service.address() as AddressInfo).port}`);
});
afterEach(() => {
  proxy.clear();
  heard.length = 0;
});
afterAll(async () => {
  await proxy.close();
  service.close();
});

const put = (path: string) => fetch(`${proxy.endpoint}${path}`, { method: 'PUT', body: 'bytes' });
const everything = () => true;

describe('the fault proxy', () => {
  test('passes on what no trap matches', async () => {
    const answer = await put('/b/a%20b?x=1');
    expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([201, '"1"', 'done']);
    expect(heard).toEqual(['PUT /b/a%20b?x=1 bytes']);
  });

  test('answers in place of the service, as often as it is told', async () => {
    const trap = proxy.set({
      when: ({ method, path }) => method === 'PUT' && path === '/b/a b',
      times: 1,
      deed: { answer: { status: 503, body: '<Error/>' } },
    });
    expect([(await put('/b/a%20b')).status, (await put('/b/a%20b')).status]).toEqual([503, 201]);
    expect([trap.hits, heard.length]).toEqual([1, 1]);
  });

  test('cuts a connection before the service hears of it', async () => {
    proxy.set({ when: everything, deed: { cut: 'before' } });
    await expect(put('/b/k')).rejects.toThrow();
    expect(heard).toEqual([]);
  });

  test('loses the answer of what the service has done', async () => {
    proxy.set({ when: everything, times: 1, deed: { cut: 'after' } });
    await expect(put('/b/k')).rejects.toThrow();
    expect(heard).toEqual(['PUT /b/k bytes']);
  });

  test('does its deed between the service and its answer', async () => {
    const order: string[] = [];
    proxy.set({ when: everything, deed: { after: async () => void order.push(`after ${heard.length}`) } });
    await put('/b/k');
    expect(order).toEqual(['after 1']);
  });
});
