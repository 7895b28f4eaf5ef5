import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Addresses (`HOST:PORT`) that the processes of these groups listen on, by TCP. */
export async function listeningOf(groups: readonly number[]): Promise<string[]> {
  const processes = await execute('ps', ['-e', '-o', 'pid=,pgid=']);
  const members = new Set(
    processes.stdout.split('\n').flatMap((line) => {
      const [pid, group] = line.trim().split(/\s+/).map(Number);
      return pid !== undefined && group !== undefined && groups.includes(group) ? [pid] : [];
    }),
  );
  const sockets = await execute('ss', ['-H', '-l', '-t', '-n', '-p']);
  return sockets.stdout.split('\n').flatMap((line) => {
    const address = line.trim().split(/\s+/)[3];
    const owners = [...line.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
    return address !== undefined && owners.some((pid) => members.has(pid)) ? [address] : [];
  });
}
