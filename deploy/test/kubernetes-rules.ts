import {
  type Labels,
  type Manifest,
  ofKind,
  type Selector,
  selects,
  type Workload,
  workloadsIn,
} from './kubernetes-manifest.ts'
import { madeOf } from './kubernetes-operators.ts'

/** What every overlay keeps to, and who in it does not. */
export const rules: { readonly [sentence: string]: (manifests: readonly Manifest[]) => readonly string[] } = {
  'everything has a name of its own, in the namespace of the system': manifests => {
    const [namespace] = ofKind(manifests, 'Namespace')
    const ids = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    const astray = manifests.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== namespace?.metadata.name,
    )
    return [...ids.filter((id, at) => ids.indexOf(id) !== at), ...astray.map(named)]
  },

  'the namespace takes Pods of the restricted standard only': manifests =>
    ofKind(manifests, 'Namespace')
      .filter(({ metadata }) => metadata.labels?.['pod-security.kubernetes.io/enforce'] !== 'restricted')
      .map(named),

  'every Pod keeps to the restricted standard, as user 1000, on a disk that it cannot write to': manifests =>
    containersIn(manifests)
      .filter(({ pod, container }) => !isRestricted(pod, container))
      .map(called),

  'operators are told to make Pods that keep to it too': manifests => [
    ...ofKind(manifests, 'RabbitmqCluster')
      .filter(({ spec }) => {
        const { securityContext, containers, initContainers } = spec.override.statefulSet.spec.template.spec
        return !isToldRestricted(securityContext, [...containers, ...initContainers])
      })
      .map(named),
    ...ofKind(manifests, 'Kafka')
      .filter(({ spec: { kafka } }) => {
        const { pod, kafkaContainer, initContainer = {} } = kafka.template
        return !isToldRestricted(pod.securityContext, [kafkaContainer, ...(kafka.rack ? [initContainer] : [])])
      })
      .map(named),
  ],

  'no Pod has a token for the API server, or variables that other Services make': manifests =>
    workloadsIn(manifests)
      .filter(({ pod }) => pod.automountServiceAccountToken !== false || pod.enableServiceLinks !== false)
      .map(({ name }) => name),

  'every container asks for CPU and memory, and has a limit of both': manifests =>
    containersIn(manifests)
      .filter(({ container: { resources } }) =>
        ['requests', 'limits'].some(part => !resources?.[part]?.cpu || !resources[part].memory),
      )
      .map(called),

  'every container that stays is asked whether it has started, lives and is ready': manifests =>
    containersIn(manifests)
      .filter(
        ({ kind, container }) =>
          kind === 'Deployment' &&
          !['startupProbe', 'livenessProbe', 'readinessProbe'].every(
            probe => container[probe]?.httpGet?.port === 'http',
          ),
      )
      .map(called),

  'who is told to end has the time to': manifests =>
    workloadsIn(manifests)
      .filter(
        ({ kind, pod }) =>
          kind === 'Deployment' && !(pod.terminationGracePeriodSeconds >= 20 && pod.shareProcessNamespace),
      )
      .map(({ name }) => name),

  'every image has a version': manifests =>
    imagesIn(manifests).filter(image => !/^[\w./-]+:\d+\.\d+(\.\d+)?(-[a-z-]+)?$/.test(image)),

  'no secret is written down': manifests => [
    ...ofKind(manifests, 'Secret').map(named),
    ...manifests.flatMap(manifest => textsIn(manifest).filter(text => /:\/\/[^/\s]*:[^/\s]*@/.test(text))),
    ...containersIn(manifests).flatMap(({ name, container }) =>
      (container.env ?? [])
        .filter(
          ({ name, value }: any) =>
            /PASSWORD|TOKEN|SECRET|KEY/.test(name) && value !== undefined && !name.endsWith('_FILE'),
        )
        .map((variable: any) => `${name} ${variable.name}`),
    ),
  ],

  'what is mounted is a secret that somebody makes, readable to its group alone': manifests => {
    const { secrets } = madeOf(manifests)
    return workloadsIn(manifests).flatMap(({ name, pod }) => {
      const volumes = new Map<string, any>((pod.volumes ?? []).map((volume: any) => [volume.name, volume.secret]))
      const mounted = pod.containers.flatMap(({ volumeMounts = [] }: any) => volumeMounts)
      return [
        ...mounted
          .filter((mount: any) => !volumes.has(mount.name) || !mount.readOnly)
          .map((mount: any) => `${name} ${mount.name}`),
        ...[...volumes.values()]
          .filter(secret => secrets[secret?.secretName] === undefined || secret.defaultMode !== 0o440)
          .map(secret => `${name} ${secret?.secretName}`),
      ]
    })
  },

  'what there is more than one of goes one at a time, and is spread': manifests => {
    const budgets = ofKind(manifests, 'PodDisruptionBudget')
    return severalIn(manifests)
      .filter(
        ({ labels, pod }) =>
          budgets.filter(({ spec }) => spec.maxUnavailable === 1 && selects(spec.selector, labels)).length !== 1 ||
          !['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].every(key =>
            pod.topologySpreadConstraints?.some(
              ({ topologyKey, labelSelector }: any) => topologyKey === key && selects(labelSelector, labels),
            ),
          ),
      )
      .map(({ name }) => name)
  },

  'what selects Pods finds some': manifests => {
    const pods = [...workloadsIn(manifests).map(({ labels }) => labels), ...madeOf(manifests).pods]
    return selectorsIn(manifests)
      .filter(({ selector }) => !pods.some(labels => selects(selector, labels)))
      .map(({ by }) => by)
  },

  'a Deployment, a Service and a budget select one workload each': manifests =>
    [...ofKind(manifests, 'Deployment'), ...ofKind(manifests, 'Service')]
      .filter(({ kind, metadata, spec }) => {
        const selector = kind === 'Service' ? { matchLabels: spec.selector } : spec.selector
        const found = workloadsIn(manifests).filter(({ labels }) => selects(selector, labels))
        return found.length !== 1 || found[0]!.name !== metadata.name
      })
      .map(named),

  'what scales a Deployment, and what asks for metrics, finds it': manifests => [
    ...ofKind(manifests, 'ScaledObject')
      .filter(
        ({ spec }) =>
          !ofKind(manifests, 'Deployment').some(({ metadata }) => metadata.name === spec.scaleTargetRef.name),
      )
      .map(named),
    ...ofKind(manifests, 'ServiceMonitor')
      .filter(
        ({ spec }) =>
          !ofKind(manifests, 'Service').some(
            ({ metadata, spec: { ports } }) =>
              selects(spec.selector, metadata.labels) &&
              spec.endpoints.every((endpoint: any) => ports.some(({ name }: any) => name === endpoint.port)),
          ),
      )
      .map(named),
  ],

  'a trigger that needs a secret is told one': manifests => {
    const { secrets } = madeOf(manifests)
    const authentications = new Map(
      ofKind(manifests, 'TriggerAuthentication').map(({ metadata, spec }) => [metadata.name, spec.secretTargetRef]),
    )
    return ofKind(manifests, 'ScaledObject').flatMap(({ metadata, spec }) =>
      spec.triggers
        .filter(({ type, authenticationRef }: any) => {
          const told = authentications.get(authenticationRef?.name) ?? []
          return (
            type in secretOf &&
            !told.some(({ parameter, name, key }: any) => parameter === secretOf[type] && secrets[name]?.[key])
          )
        })
        .map(({ type }: any) => `${metadata.name} ${type}`),
    )
  },

  'nobody talks to anybody unless it is said': manifests =>
    ofKind(manifests, 'NetworkPolicy').some(
      ({ spec }) =>
        Object.keys(spec.podSelector).length === 0 &&
        ['Ingress', 'Egress'].every(type => spec.policyTypes.includes(type)) &&
        spec.ingress === undefined &&
        spec.egress === undefined,
    )
      ? []
      : ['There is no policy that denies'],

  'a policy says of which directions it is': manifests =>
    ofKind(manifests, 'NetworkPolicy')
      .filter(({ spec }) => spec.policyTypes === undefined || (spec.egress && !spec.policyTypes.includes('Egress')))
      .map(named),
}

/** Under which name a scaler is told where it asks, and as whom. */
const secretOf: { readonly [type: string]: string } = { rabbitmq: 'host', postgresql: 'connection' }

function named({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`
}

interface Contained extends Workload {
  readonly container: any
}

function containersIn(manifests: readonly Manifest[]): readonly Contained[] {
  return workloadsIn(manifests).flatMap(workload =>
    [...workload.pod.containers, ...(workload.pod.initContainers ?? [])].map(container => ({ ...workload, container })),
  )
}

function called({ name, container }: Contained): string {
  return `${name} ${container.name}`
}

/** Kubernetes' own words for it, and what the image is made for beyond them. */
function isRestricted(pod: any, { securityContext = {} }: any): boolean {
  const { runAsNonRoot, runAsUser, seccompProfile } = { ...pod.securityContext, ...securityContext }
  return (
    runAsNonRoot === true &&
    runAsUser === 1000 &&
    seccompProfile?.type === 'RuntimeDefault' &&
    securityContext.allowPrivilegeEscalation === false &&
    securityContext.privileged === undefined &&
    securityContext.readOnlyRootFilesystem === true &&
    securityContext.capabilities?.drop?.includes('ALL') &&
    securityContext.capabilities.add === undefined &&
    [pod.hostNetwork, pod.hostPID, pod.hostIPC].every(shared => shared === undefined) &&
    (pod.volumes ?? []).every(({ hostPath }: any) => hostPath === undefined)
  )
}

function isToldRestricted(pod: any, containers: readonly any[]): boolean {
  return (
    pod.runAsNonRoot === true &&
    pod.seccompProfile?.type === 'RuntimeDefault' &&
    containers.every(
      ({ securityContext: told }) =>
        told?.allowPrivilegeEscalation === false && told.capabilities?.drop?.includes('ALL') === true,
    )
  )
}

function imagesIn(manifests: readonly Manifest[]): readonly string[] {
  return [
    ...containersIn(manifests).map(({ container }) => container.image),
    ...ofKind(manifests, 'Cluster').map(({ spec }) => spec.imageName),
    ...ofKind(manifests, 'RabbitmqCluster').map(({ spec }) => spec.image),
    ...ofKind(manifests, 'Kafka').map(({ spec }) => `kafka:${spec.kafka.version}`),
  ].map(image => image ?? 'none')
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** Whoever is scaled, or has more than one from the start. */
function severalIn(manifests: readonly Manifest[]): readonly Workload[] {
  const scaled = ofKind(manifests, 'ScaledObject').map(({ spec }) => spec.scaleTargetRef.name)
  const more = ofKind(manifests, 'Deployment').filter(({ spec }) => spec.replicas > 1)
  const names = [...scaled, ...more.map(({ metadata }) => metadata.name)]
  return workloadsIn(manifests).filter(({ kind, name }) => kind === 'Deployment' && names.includes(name))
}

function selectorsIn(manifests: readonly Manifest[]): readonly { readonly by: string; readonly selector: Selector }[] {
  return [
    ...ofKind(manifests, 'PodDisruptionBudget').map(manifest => ({
      by: named(manifest),
      selector: manifest.spec.selector,
    })),
    ...ofKind(manifests, 'NetworkPolicy').flatMap(manifest =>
      [
        manifest.spec.podSelector,
        ...[...(manifest.spec.ingress ?? []), ...(manifest.spec.egress ?? [])]
          .flatMap(({ from = [], to = [] }: any) => [...from, ...to])
          .map(({ podSelector = {} }: any) => podSelector as { readonly matchLabels?: Labels }),
      ].map(selector => ({ by: named(manifest), selector })),
    ),
  ]
}
