import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/** What is read of a compose file, with what it includes and extends. */
export interface ComposeFile {
  readonly name: string
  readonly services: { readonly [name: string]: ComposeService }
  readonly volumes: readonly string[]
}

export interface ComposeService {
  readonly image: string
  readonly build: { readonly context: string; readonly dockerfile: string } | undefined
  readonly containerName: string | undefined
  readonly hostname: string
  readonly command: readonly string[]
  /** As the container gets it: what is left to the shell is as `shell` has it, or not there. */
  readonly environment: Variables
  readonly ports: readonly Port[]
  /** What it mounts: a named volume, or a file or folder beside the compose file. */
  readonly mounts: readonly string[]
  /** What stands in its files, by their paths in the container. */
  readonly files: { readonly [path: string]: string }
  readonly dependsOn: readonly { readonly name: string; readonly condition: string }[]
  readonly healthcheck: readonly string[]
  readonly isReadOnly: boolean
  /** As words, with `DROP` and the like in front of them. */
  readonly confinement: readonly string[]
}

export interface Port {
  readonly host: string
  readonly published: number
  readonly target: number
}

type Variables = { readonly [name: string]: string }

export const composeFolder: URL = new URL('../compose/', import.meta.url)

/** @throws if it is not YAML, or extends or includes what is not there. */
export function readComposeFile(file: string, shell: Variables = {}): ComposeFile {
  const { name, services, volumes = {}, configs = {}, include = [] } = contentOf(file, shell)
  const included = include.map(other => readComposeFile(other, shell))
  const own = Object.entries(services).map(
    ([name, raw]) => [name, serviceOf(name, extended(raw, shell), configs, shell)] as const,
  )
  return {
    name,
    services: Object.assign({}, ...included.map(({ services }) => services), Object.fromEntries(own)),
    volumes: [...Object.keys(volumes), ...included.flatMap(({ volumes }) => volumes)],
  }
}

/** As it is written, as far as it is looked at. */
interface Content {
  readonly name: string
  readonly include?: readonly string[]
  readonly services: { readonly [name: string]: Raw }
  readonly volumes?: { readonly [name: string]: unknown }
  readonly configs?: Configs
}

interface Configs {
  readonly [name: string]: { readonly content: string }
}

interface Raw {
  readonly extends?: { readonly file: string; readonly service: string }
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly container_name?: string
  readonly hostname?: string
  readonly command?: readonly string[]
  readonly environment?: { readonly [name: string]: string | number | null }
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly configs?: readonly { readonly source: string; readonly target: string }[]
  readonly depends_on?: { readonly [name: string]: { readonly condition: string } }
  readonly healthcheck?: { readonly test?: readonly string[] }
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
}

function contentOf(file: string, shell: Variables): Content {
  const text = readFileSync(fileURLToPath(new URL(file, composeFolder)), 'utf8')
  return parse(interpolated(text, shell), { merge: true })
}

/** `${NAME:-default}`, and `$$` for a dollar. */
function interpolated(text: string, shell: Variables): string {
  return text.replaceAll(/\$\$|\$\{(\w+):-([^}]*)\}/g, (_found, name?: string, otherwise?: string) =>
    name === undefined ? '$' : shell[name] || otherwise!,
  )
}

function extended(raw: Raw, shell: Variables): Raw {
  if (raw.extends === undefined) return raw
  const { file, service } = raw.extends
  const base = contentOf(file, shell).services[service]
  if (base === undefined) throw new Error(`${file} has no service ${service} to extend`)
  return {
    ...base,
    ...raw,
    environment: { ...base.environment, ...raw.environment },
    healthcheck: { ...base.healthcheck, ...raw.healthcheck },
  }
}

function serviceOf(name: string, raw: Raw, configs: Configs, shell: Variables): ComposeService {
  const variables = Object.entries(raw.environment ?? {}).map(([name, value]) => [name, value ?? shell[name]] as const)
  return {
    image: raw.image ?? '',
    build: raw.build,
    containerName: raw.container_name,
    hostname: raw.hostname ?? name,
    command: raw.command ?? [],
    environment: Object.fromEntries(
      variables.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]),
    ),
    ports: (raw.ports ?? []).map(portOf),
    mounts: (raw.volumes ?? []).map(volume => volume.split(':')[0]!),
    files: Object.fromEntries((raw.configs ?? []).map(({ source, target }) => [target, configs[source]!.content])),
    dependsOn: Object.entries(raw.depends_on ?? {}).map(([name, { condition }]) => ({ name, condition })),
    healthcheck: raw.healthcheck?.test ?? [],
    isReadOnly: raw.read_only ?? false,
    confinement: [...(raw.cap_drop ?? []).map(capability => `DROP ${capability}`), ...(raw.security_opt ?? [])],
  }
}

function portOf(text: string): Port {
  const [host = '', published, target] = text.split(':')
  return { host, published: Number(published), target: Number(target) }
}
