// Runs inside the function's process: loads the handler and speaks the Lambda Runtime API (version 2018-06-01).
// Plain JavaScript with no dependency, since the bundle of a function may be all that stands beside it.
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { AWS_LAMBDA_RUNTIME_API: api, LAMBDA_TASK_ROOT: root, _HANDLER: handlerName } = process.env;
const [host, port] = api.split(':');
// One connection, held: a timeout of the agent would end a long poll.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Resolves with { headers, body }; rejects where the host is gone. */
function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
    const sent = request(
      { host, port, method, path: `/2018-06-01/runtime/${path}`, agent, headers },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function describe(error) {
  const known = error instanceof Error;
  return Buffer.from(
    JSON.stringify({
      errorType: known ? error.name : typeof error,
      errorMessage: known ? error.message : String(error),
      trace: known ? (error.stack ?? '').split('\n') : [],
    }),
  );
}

async function loadHandler() {
  const at = handlerName.lastIndexOf('.');
  const [module, name] = [handlerName.slice(0, at), handlerName.slice(at + 1)];
  const path = ['.mjs', '.js', '.cjs']
    .map((ending) => join(root, module + ending))
    .find((file) => existsSync(file));
  if (path === undefined) throw new Error(`Cannot find module '${module}' in ${root}`);
  const loaded = await import(pathToFileURL(path).href);
  const handler = loaded[name] ?? loaded.default?.[name];
  if (typeof handler !== 'function') throw new Error(`${handlerName} is undefined or not exported`);
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
}

/** Answers one invocation. What the handler throws is an answer; what it leaves uncaught ends the process. */
async function answer(handler, { headers, body }) {
  const path = `invocation/${headers['lambda-runtime-aws-request-id']}`;
  let outcome;
  try {
    const result = await handler(JSON.parse(body.toString('utf8')), contextOf(headers));
    outcome = { path: `${path}/response`, body: Buffer.from(JSON.stringify(result ?? null)) };
  } catch (error) {
    console.error(error);
    outcome = { path: `${path}/error`, body: describe(error) };
  }
  await call('POST', outcome.path, outcome.body);
}

async function main() {
  let handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    console.error(error);
    await call('POST', 'init/error', describe(error));
    process.exit(1);
  }
  for (;;) await answer(handler, await call('GET', 'invocation/next'));
}

// The host being gone is the one way out: no function outlives it.
main().catch(() => process.exit(1));
