import { beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kustomize, leftOut, type Manifest, ofKind, rendered } from './kubernetes-manifest.ts'
import { rules } from './kubernetes-rules.ts'
import { faultsOf } from './kubernetes-schema.ts'

/** What checks manifests is checked itself: each of these is wrong in one thing, and found to be. */
describe.skipIf(kustomize === undefined)(`a manifest that is wrong is found${leftOut}`, () => {
  const right = kustomize === undefined ? [] : rendered('credit-choreography/production')
  let manifests: any[]
  beforeEach(() => {
    manifests = structuredClone(right) as any[]
  })

  test.each<[string, (deployment: any) => void]>([
    ['a misspelt field', ({ spec }) => move(spec.template.spec.containers[0], 'readinessProbe', 'readinesProbe')],
    ['a misspelt field deep inside', ({ spec }) => move(spec.strategy.rollingUpdate, 'maxSurge', 'surge')],
    ['text in the place of a number', ({ spec }) => Object.assign(spec, { replicas: '2' })],
    ['no selector', ({ spec }) => move(spec, 'selector', undefined)],
    ['a container without a name', ({ spec }) => move(spec.template.spec.containers[0], 'name', undefined)],
    [
      'a port that is a word',
      ({ spec }) => Object.assign(spec.template.spec.containers[0].ports[0], { containerPort: 'http' }),
    ],
  ])('by its schema: %s', (_wrong, change) => {
    const deployment = one('Deployment', 'customer-service')
    expect(faultsOf(deployment)).toEqual([])
    change(deployment)
    expect(faultsOf(deployment)).not.toEqual([])
  })

  test.each<[string, string, string, (spec: any) => void]>([
    ['ScaledObject', 'customer-service', 'a limit that is text', spec => Object.assign(spec, { maxReplicaCount: '6' })],
    ['ServiceMonitor', 'services', 'a misspelt field', spec => move(spec.endpoints[0], 'honorLabels', 'honourLabels')],
    [
      'Cluster',
      'customer-service-db',
      'a misspelt field',
      spec => move(spec.postgresql, 'synchronous', 'synchronized'),
    ],
    ['NetworkPolicy', 'default-deny', 'a misspelt field', spec => move(spec, 'podSelector', 'podsSelector')],
    ['PodDisruptionBudget', 'rabbitmq', 'a misspelt field', spec => move(spec, 'maxUnavailable', 'maxUnavailables')],
    [
      'Job',
      'customer-service-migration',
      'an unknown action',
      spec => move(spec.podFailurePolicy.rules[0], 'action', 'act'),
    ],
  ])('by its schema: %s %s, %s', (kind, name, _wrong, change) => {
    const manifest = one(kind, name)
    expect(faultsOf(manifest)).toEqual([])
    change(manifest.spec)
    expect(faultsOf(manifest)).not.toEqual([])
  })

  /** Each by the beginning of the rule that finds it. */
  const against: readonly [string, string, () => void][] = [
    ['everything has a name of its own', 'two of a name', () => manifests.push(one('Deployment', 'tracker'))],
    [
      'everything has a name of its own',
      'one elsewhere',
      () => Object.assign(one('Job', 'tracker-migration').metadata, { namespace: 'default' }),
    ],
    [
      'the namespace takes Pods',
      'a baseline',
      () => Object.assign(one('Namespace').metadata.labels, { 'pod-security.kubernetes.io/enforce': 'baseline' }),
    ],
    ['every Pod keeps to', 'root', () => Object.assign(pod().securityContext, { runAsUser: 0 })],
    ['every Pod keeps to', 'no seccomp profile', () => move(pod().securityContext, 'seccompProfile', undefined)],
    [
      'every Pod keeps to',
      'a capability',
      () => Object.assign(container().securityContext.capabilities, { add: ['NET_ADMIN'] }),
    ],
    [
      'every Pod keeps to',
      'a disk',
      () => Object.assign(container().securityContext, { readOnlyRootFilesystem: false }),
    ],
    ['every Pod keeps to', "the host's processes", () => Object.assign(pod(), { hostPID: true })],
    [
      'every Pod keeps to',
      'an init container of root',
      () => Object.assign(pod(), { initContainers: [{ name: 'chown' }] }),
    ],
    ['operators are told', 'not for containers', () => move(rabbitmqPod().containers[0], 'securityContext', undefined)],
    [
      'operators are told',
      'not what to start first',
      () => move(rabbitmqPod().initContainers[0], 'securityContext', undefined),
    ],
    ['no Pod has a token', 'one', () => move(pod(), 'automountServiceAccountToken', undefined)],
    ['no Pod has a token', 'service links', () => Object.assign(pod(), { enableServiceLinks: true })],
    ['every container asks for', 'no limit', () => move(container().resources, 'limits', undefined)],
    ['every container that stays', 'none asks', () => move(container(), 'livenessProbe', undefined)],
    ['who is told to end', 'ten seconds', () => Object.assign(pod(), { terminationGracePeriodSeconds: 10 })],
    ['every image', 'the latest', () => Object.assign(container(), { image: 'makegood-systems:latest' })],
    ['every image', 'none said', () => Object.assign(one('RabbitmqCluster', 'rabbitmq').spec, { image: 'rabbitmq' })],
    [
      'no secret is written down',
      'a Secret',
      () => manifests.push(parse('{ kind: Secret, metadata: { name: operators } }')),
    ],
    ['no secret is written down', 'a variable', () => container().env.push({ name: 'DB_PASSWORD', value: 'secret' })],
    [
      'no secret is written down',
      'in a URL',
      () => container().env.push({ name: 'DATABASE_URL', value: 'postgres://app:secret@db/app' }),
    ],
    [
      'what is mounted',
      'a secret that nobody makes',
      () => Object.assign(pod().volumes[0].secret, { secretName: 'nobodys' }),
    ],
    [
      'what is mounted',
      'a volume that is not there',
      () => Object.assign(container().volumeMounts[0], { name: 'nothing' }),
    ],
    ['what there is more than one of', 'no budget', () => remove('PodDisruptionBudget', 'customer-service')],
    [
      'what there is more than one of',
      'a budget of nothing',
      () => Object.assign(one('PodDisruptionBudget', 'customer-service').spec, { maxUnavailable: 0 }),
    ],
    ['what there is more than one of', 'all on one node', () => move(pod(), 'topologySpreadConstraints', undefined)],
    [
      'what selects Pods',
      'a policy',
      () =>
        Object.assign(one('NetworkPolicy', 'customer-service').spec, { podSelector: { matchLabels: { app: 'x' } } }),
    ],
    [
      'what selects Pods',
      "a policy's peer",
      () =>
        Object.assign(one('NetworkPolicy', 'customer-service-to-db').spec.egress[0].to[0].podSelector.matchLabels, {
          'cnpg.io/cluster': 'service-db',
        }),
    ],
    [
      'a Deployment, a Service',
      'a Service of none',
      () => Object.assign(one('Service', 'tracker').spec.selector, { 'app.kubernetes.io/name': 'service' }),
    ],
    [
      'a Deployment, a Service',
      'a Service of all',
      () => Object.assign(one('Service', 'tracker').spec, { selector: {} }),
    ],
    [
      'what scales a Deployment',
      'another one',
      () => Object.assign(one('ScaledObject', 'tracker').spec.scaleTargetRef, { name: 'service' }),
    ],
    [
      'what scales a Deployment',
      'a port without a name',
      () => Object.assign(one('ServiceMonitor').spec.endpoints[0], { port: 'web' }),
    ],
    [
      'a trigger that needs a secret',
      'none',
      () => move(one('ScaledObject', 'tracker').spec.triggers[1], 'authenticationRef', undefined),
    ],
    [
      'a trigger that needs a secret',
      'one without it',
      () => Object.assign(one('TriggerAuthentication').spec.secretTargetRef[0], { key: 'uri' }),
    ],
    ['nobody talks to anybody', 'no such policy', () => remove('NetworkPolicy', 'default-deny')],
    [
      'nobody talks to anybody',
      'one that lets all in',
      () => Object.assign(one('NetworkPolicy', 'default-deny').spec, { ingress: [{}] }),
    ],
    ['a policy says', 'nothing', () => move(one('NetworkPolicy', 'rabbitmq').spec, 'policyTypes', undefined)],
  ]

  test.each(against)('by the rule %s…: %s', (beginning, _wrong, change) => {
    const [rule, ...others] = Object.entries(rules).filter(([sentence]) => sentence.startsWith(beginning))
    expect(others).toEqual([])
    const offendersIn = rule![1]
    expect(offendersIn(manifests)).toEqual([])
    change()
    expect(offendersIn(manifests)).not.toEqual([])
  })

  test('by the rule for operators: a Kafka that starts as it likes', () => {
    const [kafka] = structuredClone(ofKind(rendered('kafka-orchestration/production'), 'Kafka')) as any[]
    const offendersIn = rules['operators are told to make Pods that keep to it too']!
    expect(offendersIn([kafka])).toEqual([])
    move(kafka.spec.kafka.template, 'initContainer', undefined)
    expect(offendersIn([kafka])).toEqual(['Kafka kafka'])
  })

  test('every rule has something to find', () => {
    const without = Object.keys(rules).filter(rule => !against.some(([beginning]) => rule.startsWith(beginning)))
    expect(without).toEqual([])
  })

  function one(kind: string, name?: string): any {
    const found = manifests.find(
      manifest => manifest.kind === kind && (name === undefined || manifest.metadata.name === name),
    )
    if (found === undefined) throw new Error(`There is no ${kind} ${name}`)
    return found
  }

  function pod(): any {
    return one('Deployment', 'customer-service').spec.template.spec
  }

  function rabbitmqPod(): any {
    return one('RabbitmqCluster', 'rabbitmq').spec.override.statefulSet.spec.template.spec
  }

  function container(): any {
    return pod().containers[0]
  }

  function remove(kind: string, name: string): void {
    manifests.splice(manifests.indexOf(one(kind, name)), 1)
  }
})

test('a kind without a schema is told from one that is right', () => {
  const manifest: Manifest = {
    apiVersion: 'rabbitmq.com/v1beta1',
    kind: 'RabbitmqCluster',
    metadata: { name: 'rabbitmq' },
  }
  expect(faultsOf(manifest)).toBeUndefined()
})

/** Under another name; without one it is gone. */
function move(object: any, from: string, to: string | undefined): void {
  if (!(from in object)) throw new Error(`There is no ${from}`)
  if (to !== undefined) object[to] = object[from]
  delete object[from]
}
