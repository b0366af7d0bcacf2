import { spawn } from 'node:child_process'

/**
 * Ends servers and removes their folder when this process is gone, however it went: a shell that waits for the end of
 * its input and then kills the process groups it was told of. Nothing a process does can make it outlive its servers
 * otherwise, for SIGKILL cannot be caught.
 */
export function keeperOf(folder: string): Keeper {
  const shell = spawn('bash', ['-c', keep, 'keeper', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.stdin.on('error', () => {})
  shell.unref()
  ;(shell.stdin as unknown as { unref(): void }).unref()
  return {
    watch: pid => void shell.stdin.write(`${pid}\n`),
    release: () =>
      new Promise(resolve => {
        shell.ref()
        shell.once('exit', () => resolve())
        shell.stdin.end()
      }),
  }
}

export interface Keeper {
  /** The group of this process is to end with us. */
  watch(pid: number): void
  /** Ends all of them now, removes the folder, and resolves when that is done. */
  release(): Promise<void>
}

const keep = `
trap '' INT TERM HUP
pids=()
while read -r pid; do pids+=("$pid"); done
for pid in "\${pids[@]}"; do kill -KILL -- "-$pid" 2>/dev/null; done
rm -rf -- "$1"
`
