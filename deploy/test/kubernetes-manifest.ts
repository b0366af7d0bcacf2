import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'

/** A resource, as Kustomize renders it. What is looked at beyond the head, its own schema says. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Labels
    readonly annotations?: Labels
  }
  readonly spec?: any
}

export interface Labels {
  readonly [name: string]: string
}

export const kubernetesFolder: URL = new URL('../kubernetes/', import.meta.url)

/** What renders them here, and undefined where there is none that knows components. */
export const kustomize: readonly string[] | undefined = [
  [process.env['MAKEGOOD_KUSTOMIZE'] ?? 'kustomize', 'build'],
  ['kubectl', 'kustomize'],
].find(canRender)

/** For the names of tests that nothing can be rendered for. */
export const leftOut: string =
  kustomize === undefined ? ' (left out: neither kustomize nor a kubectl that knows components is here)' : ''

/**
 * What is made of a folder, which is named from that of Kubernetes on.
 * @throws what Kustomize says is wrong.
 */
export function rendered(overlay: string): readonly Manifest[] {
  const [program, ...args] = kustomize!
  const folder = fileURLToPath(new URL(overlay, kubernetesFolder))
  const { status, stdout, stderr } = spawnSync(program!, [...args, folder], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status !== 0) throw new Error(stderr)
  return parseAllDocuments(stdout).map(document => document.toJS())
}

/** The kustomize of an old kubectl does not know the kinds that there are now. */
function canRender([program, ...args]: readonly string[]): boolean {
  return spawnSync(program!, [...args, fileURLToPath(new URL('parts/system', kubernetesFolder))]).status === 0
}

/** What runs Pods, and the Pods that it runs. */
export function workloadsIn(manifests: readonly Manifest[]): readonly Workload[] {
  return manifests
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map(({ kind, metadata, spec }) => ({
      kind,
      name: metadata.name,
      labels: spec.template.metadata.labels,
      pod: spec.template.spec,
    }))
}

export interface Workload {
  readonly kind: string
  readonly name: string
  readonly labels: Labels
  readonly pod: any
}

export function ofKind(manifests: readonly Manifest[], kind: string): readonly Manifest[] {
  return manifests.filter(manifest => manifest.kind === kind)
}

/** A selector of labels, as Deployments and policies have it; an empty one selects all. */
export interface Selector {
  readonly matchLabels?: Labels
}

export function selects({ matchLabels = {}, ...further }: Selector, labels: Labels = {}): boolean {
  if (Object.keys(further).length > 0)
    throw new Error(`A selector has ${Object.keys(further)}, which is not followed here`)
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value)
}
