import type { ChoreographyView, Definitions, Pace, SagaDefinitionView } from 'makegood/operations/contract'

/** What is known of one name: a saga with its versions, or a choreography. */
export interface DefinitionEntry {
  readonly name: string
  readonly kind: 'saga' | 'choreography'
  /** The newest first. */
  readonly versions: readonly DefinitionVersion[]
  /** Null where nobody follows it: its instances are not counted. */
  readonly inFlight: number | null
  readonly durations: Pace['durations']
}

export interface DefinitionVersion {
  readonly version: number
  /** Those that host it, or take part in it. */
  readonly services: readonly string[]
  readonly drawable: SagaDefinitionView | ChoreographyView
  readonly inFlight: number | null
  readonly standing: Definitions['standing']
}

type OfService<Group> = Group & { readonly service: string }

/** What services say of their definitions, by name: replicas and those that take part in one say it more than once. */
export function definitionsIn(
  hosted: readonly OfService<Definitions>[],
  paces: readonly OfService<Pace>[],
): readonly DefinitionEntry[] {
  const found = hosted.flatMap(versionsIn)
  const names = [...new Set(found.map(({ drawable }) => drawable.name))].sort()
  return names.map(name => {
    const ofName = found.filter(({ drawable }) => drawable.name === name)
    const versions = [...new Set(ofName.map(({ version }) => version))]
      .sort((one, other) => other - one)
      .map(version => merged(ofName.filter(each => each.version === version)))
    return {
      name,
      kind: versions.some(({ drawable }) => 'stages' in drawable) ? 'saga' : 'choreography',
      versions,
      inFlight: sumOf(versions.map(({ inFlight }) => inFlight)),
      durations: paces.flatMap(({ durations }) => durations).filter(({ definition }) => definition === name),
    }
  })
}

/** Instances of a choreography are all kept under this one. */
const choreographyVersion = 1

function versionsIn({
  service,
  sagas,
  choreographies,
  tracked,
  standing,
}: OfService<Definitions>): DefinitionVersion[] {
  const standingAt = (name: string, version: number) =>
    standing.filter(each => each.definition === name && each.version === version)
  return [
    ...sagas.map(saga => ({
      version: saga.version,
      services: [service],
      drawable: saga,
      inFlight: saga.inFlight,
      standing: standingAt(saga.name, saga.version),
    })),
    ...tracked.map(choreography => ({
      version: choreographyVersion,
      services: [service],
      drawable: choreography,
      inFlight: choreography.inFlight,
      standing: standingAt(choreography.name, choreographyVersion),
    })),
    ...choreographies.map(choreography => ({
      version: choreographyVersion,
      services: [service],
      drawable: choreography,
      inFlight: null,
      standing: [],
    })),
  ]
}

function merged(found: readonly DefinitionVersion[]): DefinitionVersion {
  return {
    ...found[0]!,
    services: [...new Set(found.flatMap(({ services }) => services))].sort(),
    inFlight: sumOf(found.map(({ inFlight }) => inFlight)),
    standing: found.flatMap(({ standing }) => standing),
  }
}

function sumOf(counts: readonly (number | null)[]): number | null {
  const known = counts.filter(count => count !== null)
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0)
}
