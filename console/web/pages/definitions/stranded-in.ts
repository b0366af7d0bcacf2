import type { ServiceView } from 'makegood/operations/contract'

type Process = Pick<ServiceView, 'stranded'> & { readonly service: string }
type StrandedVersion = ServiceView['stranded'][number] & { readonly service: string }

/** What no process of a service hosts. Each knows of itself alone, and during a deployment they differ. */
export function strandedIn(processes: readonly Process[]): readonly StrandedVersion[] {
  const services = [...new Set(processes.map(({ service }) => service))]
  return services.flatMap(service => {
    const [first, ...others] = processes.filter(each => each.service === service).map(({ stranded }) => stranded)
    return first!
      .filter(one => others.every(stranded => stranded.some(other => isSame(one, other))))
      .map(version => ({ ...version, service }))
  })
}

function isSame(one: ServiceView['stranded'][number], other: ServiceView['stranded'][number]): boolean {
  return one.definition === other.definition && one.version === other.version
}
