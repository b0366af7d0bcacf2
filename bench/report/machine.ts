import { readFile } from 'node:fs/promises'
import { cpus, release, totalmem } from 'node:os'

/** What figures were taken on. */
export async function machineWith(servers: readonly string[]) {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return {
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${osRelease.match(/^PRETTY_NAME="(.*)"$/m)?.[1] ?? process.platform}, kernel ${release()}`,
    node: process.version,
    servers,
  }
}

export type Machine = Awaited<ReturnType<typeof machineWith>>

export function machineLine({ cpu, memoryGb, system, node, servers }: Machine): string {
  return `${cpu}, ${memoryGb} GB, ${system}, Node ${node}, ${servers.join(', ')}.`
}
