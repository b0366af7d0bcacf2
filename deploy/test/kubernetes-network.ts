import { type Labels, type Manifest, ofKind, type Selector, selects } from './kubernetes-manifest.ts'

/** What sends or is sent to: a Pod, or a place outside. */
export interface Peer {
  readonly namespace: string
  readonly labels: Labels
}

/** Whether the policies of a namespace let one speak to another at a port. */
export function lets(manifests: readonly Manifest[], namespace: string, from: Peer, to: Peer, port: number): boolean {
  const policies = ofKind(manifests, 'NetworkPolicy')
  return allows(policies, namespace, 'Egress', from, to, port) && allows(policies, namespace, 'Ingress', to, from, port)
}

type Direction = 'Ingress' | 'Egress'

/** Policies add up; whom none selects nobody keeps from anything. */
function allows(
  policies: readonly Manifest[],
  namespace: string,
  direction: Direction,
  own: Peer,
  other: Peer,
  port: number,
): boolean {
  const ours = policies.filter(
    ({ spec }) =>
      own.namespace === namespace && spec.policyTypes.includes(direction) && selects(spec.podSelector, own.labels),
  )
  const [rules, peers] = direction === 'Ingress' ? (['ingress', 'from'] as const) : (['egress', 'to'] as const)
  return (
    ours.length === 0 ||
    ours.some(({ spec }) =>
      (spec[rules] ?? []).some(
        (rule: Rule) =>
          (rule[peers] === undefined || rule[peers].some(peer => isMeant(peer, namespace, other))) &&
          (rule.ports === undefined || rule.ports.some(range => isIn(range, port))),
      ),
    )
  )
}

interface Rule {
  readonly from?: readonly PolicyPeer[]
  readonly to?: readonly PolicyPeer[]
  readonly ports?: readonly PortRange[]
}

interface PolicyPeer {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
}

interface PortRange {
  readonly port: number
  readonly endPort?: number
}

/** Without a selector of namespaces it is the policy's own. */
function isMeant({ podSelector = {}, namespaceSelector }: PolicyPeer, namespace: string, other: Peer): boolean {
  const there =
    namespaceSelector === undefined
      ? other.namespace === namespace
      : selects(namespaceSelector, labelsOf(other.namespace))
  return there && selects(podSelector, other.labels)
}

function isIn({ port, endPort = port }: PortRange, asked: number): boolean {
  return port <= asked && asked <= endPort
}

/** Every namespace has its name as a label, and the one that requests come from has been called an entrance. */
function labelsOf(namespace: string): Labels {
  return { 'kubernetes.io/metadata.name': namespace, ...(namespace === 'kong' ? { 'makegood/entrance': 'yes' } : {}) }
}
