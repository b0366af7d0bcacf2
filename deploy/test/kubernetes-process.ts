import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Workload } from './kubernetes-manifest.ts'
import type { Secret } from './kubernetes-operators.ts'

/** What the process of a workload is started with. */
export interface Process {
  readonly command: readonly string[]
  readonly environment: { readonly [name: string]: string }
  /** Variables that Kubernetes itself reads, where others and arguments name them. */
  readonly named: ReadonlySet<string>
}

/**
 * Starts nothing: makes command and environment as the kubelet does, and writes the secrets that are mounted into a
 * folder of this machine, to where variables then point.
 *
 * @throws if it would not start: a secret or a key of it is not there, or a file is not mounted
 */
export function processOf(workload: Workload, secrets: Secrets, folder: string): Process {
  const [container] = workload.pod.containers
  const environment: { [name: string]: string } = {}
  for (const variable of (container.env ?? []) as readonly Variable[]) {
    const text = textOf(variable, workload, secrets)
    environment[variable.name] = variable.name.endsWith('_FILE')
      ? fileOf(text, workload, secrets, folder)
      : expanded(text, environment)
  }
  const args: readonly string[] = container.args ?? []
  return {
    command: args.map(arg => expanded(arg, environment)),
    environment,
    named: new Set([...JSON.stringify(container).matchAll(reference)].map(([, name]) => name!)),
  }
}

interface Secrets {
  readonly [name: string]: Secret
}

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string }
    readonly secretKeyRef?: { readonly name: string; readonly key: string }
  }
}

const reference = /\$\((\w+)\)/g

/** Names are known from where they are given a value on: before that they stay as they are written. */
function expanded(text: string, known: { readonly [name: string]: string }): string {
  return text.replaceAll(reference, (written, name: string) => known[name] ?? written)
}

function textOf({ name, value, valueFrom }: Variable, { labels }: Workload, secrets: Secrets): string {
  if (valueFrom === undefined) return value ?? ''
  const { fieldRef, secretKeyRef } = valueFrom
  if (secretKeyRef !== undefined) return keyOf(secrets, secretKeyRef.name, secretKeyRef.key)
  const [, label] = /^metadata\.labels\['(.+)'\]$/.exec(fieldRef?.fieldPath ?? '') ?? []
  if (label === undefined || labels[label] === undefined)
    throw new Error(`${name} is made of a label that is not there`)
  return labels[label]
}

function keyOf(secrets: Secrets, name: string, key: string): string {
  const text = secrets[name]?.[key]
  if (text === undefined) throw new Error(`There is no ${key} in a secret ${name}`)
  return text
}

/** Where the file of a secret is on this machine. */
function fileOf(path: string, { name, pod }: Workload, secrets: Secrets, folder: string): string {
  const mount = pod.containers[0].volumeMounts?.find(({ mountPath }: any) => dirname(path) === mountPath)
  const volume = pod.volumes?.find((volume: any) => volume.name === mount?.name)
  if (volume === undefined) throw new Error(`${name} mounts nothing at ${dirname(path)}`)
  const key = path.slice(mount.mountPath.length + 1)
  const file = join(folder, volume.secret.secretName, key)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, keyOf(secrets, volume.secret.secretName, key))
  return file
}
