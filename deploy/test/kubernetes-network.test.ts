import { describe, expect, test } from 'vitest'
import { kustomize, leftOut, type Manifest, ofKind, rendered, workloadsIn } from './kubernetes-manifest.ts'
import { lets, type Peer } from './kubernetes-network.ts'
import { madeOf } from './kubernetes-operators.ts'

const ports = [53, 443, 4369, 5432, 5672, 8000, 9090, 9092, 9187, 15692, 25672]

describe.skipIf(kustomize === undefined).each(['ecommerce', 'kafka-orchestration'])(
  `the policies of %s${leftOut}`,
  system => {
    const manifests = kustomize === undefined ? [] : rendered(`${system}/production`)
    const everybody = [
      ...[...workloadsIn(manifests).map(({ labels }) => labels), ...madeOf(manifests).pods].map(labels => ({
        namespace: system,
        labels,
      })),
      ...['kong', 'monitoring', 'keda', 'cnpg-system', 'kube-system', 'elsewhere'].map(namespace => ({
        namespace,
        labels: {},
      })),
    ]

    test.each(ofKind(manifests, 'NetworkPolicy').map(({ metadata }) => metadata.name))(
      'are less, or more, without %s',
      name => {
        const without = manifests.filter(({ kind, metadata }) => kind !== 'NetworkPolicy' || metadata.name !== name)
        expect(waysIn(without)).not.toEqual(waysIn(manifests))
      },
    )

    test('let nobody in or out where there is but the one that denies', () => {
      const denying = manifests.filter(
        ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'default-deny',
      )
      for (const from of everybody)
        for (const to of everybody) {
          const outside = from.namespace !== system && to.namespace !== system
          expect(lets(denying, system, from, to, 8000)).toBe(outside)
        }
    })

    /** Who may speak to whom, and at which port. */
    function waysIn(all: readonly Manifest[]): readonly string[] {
      const policies = [...all, ...madeOf(all).policies]
      return everybody.flatMap(from =>
        everybody.flatMap(to =>
          ports.filter(port => lets(policies, system, from, to, port)).map(port => way(from, to, port)),
        ),
      )
    }
  },
)

function way(from: Peer, to: Peer, port: number): string {
  return JSON.stringify([from, to, port])
}
