import type { Caller, Pruned, PruneRequest } from './contract.ts'
import type { Services } from './services.ts'

/** Deletes now, in every service here, what would be deleted in time. */
export async function prune(services: Services, { reason }: PruneRequest, { name: by }: Caller): Promise<Pruned> {
  const deleted = await Promise.all(services.map(service => service.prune({ by, reason })))
  return { rows: deleted.reduce((sum, rows) => sum + rows, 0) }
}
