import { Cluster } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster'
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject'
import { TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication'
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { Job } from 'kubernetes-models/batch/v1/Job'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { Namespace } from 'kubernetes-models/v1/Namespace'
import { Service } from 'kubernetes-models/v1/Service'
import type { Manifest } from './kubernetes-manifest.ts'

const models = [
  ...[Namespace, Service, Deployment, Job, PodDisruptionBudget, Ingress, NetworkPolicy],
  ...[ScaledObject, TriggerAuthentication, ServiceMonitor, Cluster],
]

/** What is wrong with it by the schema of its kind, in words; undefined if there is no schema of it here. */
export function faultsOf(manifest: Manifest): readonly string[] | undefined {
  const { apiVersion, kind } = manifest
  const Model = models.find(model => model.apiVersion === apiVersion && model.kind === kind)
  if (Model === undefined) return undefined
  const asked = new Set<string>()
  const model = Object.assign(new Model(), heard(manifest, '', asked))
  try {
    model.validate()
  } catch (error) {
    return [(error as Error).message]
  }
  return pathsIn(manifest)
    .filter(path => !asked.has(path))
    .map(path => `${path} is in no schema`)
}

/**
 * The schemas take what they do not know, and a misspelt field would do nothing: every field that they never ask for is
 * one that they do not know.
 */
function heard<Value>(value: Value, path: string, asked: Set<string>): Value {
  if (typeof value !== 'object' || value === null) return value
  return new Proxy(value, {
    get(target, name) {
      const field = Reflect.get(target, name)
      if (typeof name === 'symbol' || !Object.hasOwn(target, name)) return field
      asked.add(`${path}/${name}`)
      return heard(field, `${path}/${name}`, asked)
    },
  })
}

function pathsIn(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, field]) => [`${path}/${name}`, ...pathsIn(field, `${path}/${name}`)])
}
