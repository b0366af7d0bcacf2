import { type Labels, type Manifest, ofKind } from './kubernetes-manifest.ts'

/** What an operator makes of a resource of its own, as its documentation says; as much of it as others here refer to. */
export interface Made {
  readonly services: readonly string[]
  readonly secrets: { readonly [name: string]: Secret }
  readonly pods: readonly Labels[]
  /** Policies of the operator's own, beside those that are here. */
  readonly policies: readonly Manifest[]
}

/** What stands in it, by its keys: made up, of the form that it has. */
export interface Secret {
  readonly [key: string]: string
}

/** What all operators make of what they find, and what whoever runs the cluster makes by hand. */
export function madeOf(manifests: readonly Manifest[]): Made {
  const all = manifests.map(manifest => makers[`${manifest.apiVersion}/${manifest.kind}`]?.(manifest) ?? nothing)
  return {
    services: all.flatMap(({ services }) => services),
    secrets: Object.assign({}, byHand, ...all.map(({ secrets }) => secrets)),
    pods: all.flatMap(({ pods }) => pods),
    policies: all.flatMap(({ policies }) => policies),
  }
}

/** The secrets that no operator makes; the page says how they are made. */
export const byHand: { readonly [name: string]: Secret } = {
  operators: { tokens: 'ada:operator:a-token-of-at-least-32-characters\n' },
  'admin-site': { password: 'not-the-default', secret: 'a-secret-of-at-least-32-characters' },
}

const nothing: Made = { services: [], secrets: {}, pods: [], policies: [] }

const makers: { readonly [kind: string]: (manifest: Manifest) => Made } = {
  'postgresql.cnpg.io/v1/Cluster': cloudNativePg,
  'rabbitmq.com/v1beta1/RabbitmqCluster': rabbitmq,
  'kafka.strimzi.io/v1/Kafka': strimzi,
}

function cloudNativePg({ metadata: { name, namespace }, spec }: Manifest): Made {
  const { database, owner } = spec.bootstrap.initdb
  const host = `${name}-rw`
  const password = `password-of-${name}`
  const uri = `postgresql://${owner}:${password}@${host}.${namespace}:5432/${database}`
  return {
    services: [host, `${name}-ro`, `${name}-r`],
    secrets: { [`${name}-app`]: { username: owner, password, dbname: database, host, port: '5432', uri } },
    pods: [{ 'cnpg.io/cluster': name }],
    policies: [],
  }
}

function rabbitmq({ metadata: { name, namespace } }: Manifest): Made {
  const host = `${name}.${namespace}.svc`
  const [username, password] = ['default_user_of', `password-of-${name}`]
  const connection_string = `amqp://${username}:${password}@${host}:5672/`
  return {
    services: [name, `${name}-nodes`],
    secrets: { [`${name}-default-user`]: { username, password, host, port: '5672', connection_string } },
    pods: [
      {
        'app.kubernetes.io/name': name,
        'app.kubernetes.io/component': 'rabbitmq',
        'app.kubernetes.io/part-of': 'rabbitmq',
      },
    ],
    policies: [],
  }
}

/** Its policies let in whom a listener names. */
function strimzi({ metadata: { name, namespace }, spec }: Manifest): Made {
  const labels = { 'strimzi.io/cluster': name, 'strimzi.io/kind': 'Kafka', 'strimzi.io/name': `${name}-kafka` }
  return {
    services: [`${name}-kafka-bootstrap`, `${name}-kafka-brokers`],
    secrets: {},
    pods: [labels],
    policies: [
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: `${name}-network-policy-kafka`, namespace: namespace! },
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ['Ingress'],
          ingress: [
            {
              from: [{ podSelector: { matchLabels: labels } }],
              ports: [9090, 9091].map(port => ({ port, protocol: 'TCP' })),
            },
            ...spec.kafka.listeners.map(({ port, networkPolicyPeers }: Listener) => ({
              ...(networkPolicyPeers === undefined ? {} : { from: networkPolicyPeers }),
              ports: [{ port, protocol: 'TCP' }],
            })),
          ],
        },
      },
    ],
  }
}

interface Listener {
  readonly port: number
  readonly networkPolicyPeers?: readonly unknown[]
}

/** How many Pods there may be of what an operator runs. */
export function sizesIn(manifests: readonly Manifest[]): readonly number[] {
  return [
    ...ofKind(manifests, 'Cluster').map(({ spec }) => spec.instances),
    ...ofKind(manifests, 'RabbitmqCluster').map(({ spec }) => spec.replicas),
    ...ofKind(manifests, 'KafkaNodePool').map(({ spec }) => spec.replicas),
  ]
}
