import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { textOf } from 'makegood'
import Type, { type Static, type TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Value } from 'typebox/value'
import { type Document, isMap, isNode, LineCounter, parseDocument, visit } from 'yaml'
import { Trouble } from '../../runner/environment.ts'
import { plugins } from './plugins.ts'

const closed = { additionalProperties: false }
const Name = Type.String({ minLength: 1 })
const Milliseconds = Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 31 - 2 }))

const KongRoute = Type.Object(
  {
    name: Name,
    // One that begins with ~ would be a regular expression.
    paths: Type.Array(Type.String({ pattern: '^/' }), { minItems: 1 }),
    strip_path: Type.Optional(Type.Boolean()),
  },
  closed,
)

const KongService = Type.Object(
  {
    name: Name,
    url: Type.String({ pattern: '^http://[A-Za-z0-9.-]+(:[0-9]{1,5})?$' }),
    connect_timeout: Milliseconds,
    read_timeout: Milliseconds,
    // Kong's own default is 5: to be done as it is written, it has to be written.
    retries: Type.Literal(0),
    routes: Type.Array(KongRoute),
  },
  closed,
)

const KongFile = Type.Object(
  {
    _format_version: Type.Literal('3.0'),
    services: Type.Array(KongService),
    plugins: Type.Array(Type.Object({ name: Name, config: Type.Object({}) }, closed)),
  },
  closed,
)

export type KongService = Static<typeof KongService>

/** What a declarative file of Kong's says; every field of it is one that this gateway knows. */
export interface KongFile {
  readonly services: readonly KongService[]
  readonly plugins: readonly { readonly name: string; readonly config: object }[]
}

/** @throws Trouble: one sentence that says where in the file, and why. */
export function readKongFile(file: string): KongFile {
  const source = new Source(basename(file), textIn(file))
  const { content } = source
  source.check(KongFile, content, [])
  const { services, plugins: chosen } = content as Static<typeof KongFile>
  for (const [at, { name, config }] of chosen.entries()) {
    const plugin = plugins.find(plugin => plugin.name === name)
    if (plugin === undefined) {
      const known = plugins.map(plugin => plugin.name).join(', ')
      throw source.trouble(
        ['plugins', at, 'name'],
        `the plugin ${name} is none of those that this gateway has: ${known}`,
      )
    }
    source.check(plugin.config, config, ['plugins', at, 'config'])
  }
  const places = services.flatMap(({ routes }, service) =>
    routes.map((route, at) => ({ ...route, place: ['services', service, 'routes', at] })),
  )
  source.checkOnce(services.map(({ name }, at) => [name, ['services', at, 'name']]))
  source.checkOnce(places.map(({ name, place }) => [name, [...place, 'name']]))
  source.checkOnce(places.flatMap(({ paths, place }) => paths.map((path, at) => [path, [...place, 'paths', at]])))
  source.checkOnce(chosen.map(({ name }, at) => [name, ['plugins', at, 'name']]))
  for (const [at, { url }] of services.entries()) {
    if (!URL.canParse(url)) throw source.trouble(['services', at, 'url'], `${url} is no address`)
  }
  return { services, plugins: chosen }
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Trouble(`The gateway's file ${file} cannot be read: ${textOf(error)}.`)
  }
}

type Path = readonly (string | number)[]

/** A YAML file that knows where in it everything stands. */
class Source {
  readonly #file: string
  readonly #lines = new LineCounter()
  readonly #document: Document

  /** @throws Trouble, if it is not YAML. */
  constructor(file: string, text: string) {
    this.#file = file
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false })
    const [error] = this.#document.errors
    if (error !== undefined) throw this.#troubleAt(error.pos[0], error.message)
    visit(this.#document, {
      Alias: (_key, alias) => {
        throw this.#troubleAt(alias.range?.[0], `aliases (*${alias.source}) are not followed here`)
      },
    })
  }

  get content(): unknown {
    return this.#document.toJS()
  }

  /** @throws Trouble, for the first thing that is not as the schema has it. */
  check(schema: TSchema, value: unknown, under: Path): void {
    const [error] = Value.Errors(schema, value)
    if (error === undefined) return
    const path = [...under, ...error.instancePath.split('/').slice(1)]
    throw this.trouble(path, `${nameOf(path)} ${wrongWith(error)}`)
  }

  /** @throws Trouble, for what is there already. */
  checkOnce(names: readonly (readonly [string, Path])[]): void {
    const known = new Set<string>()
    for (const [name, path] of names) {
      if (known.has(name)) throw this.trouble(path, `${name} is there already`)
      known.add(name)
    }
  }

  trouble(path: Path, reason: string): Trouble {
    return this.#troubleAt(this.#offsetOf(path), reason)
  }

  /** Where the thing is written: its key, if it has one. */
  #offsetOf(path: Path): number | undefined {
    const above = this.#document.getIn(path.slice(0, -1), true)
    const pair = isMap(above) ? above.items.find(({ key }) => String(key) === String(path.at(-1))) : undefined
    const node = pair?.key ?? this.#document.getIn(path, true)
    return isNode(node) ? node.range?.[0] : undefined
  }

  #troubleAt(offset: number | undefined, reason: string): Trouble {
    const { line, col } = this.#lines.linePos(offset ?? 0)
    return new Trouble(`${this.#file}, line ${line}, column ${col}: ${reason}.`)
  }
}

function nameOf(path: Path): string {
  if (path.length === 0) return 'the file'
  return path.map((part, at) => (/^\d+$/.test(String(part)) ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')
}

function wrongWith({ keyword, params, message }: TLocalizedValidationError): string {
  switch (keyword) {
    case 'boolean':
      return 'is not a field that this gateway knows'
    case 'const':
      return `must be ${params.allowedValue}`
    case 'enum':
      return `must be one of ${params.allowedValues.join(', ')}`
    default:
      return message
  }
}
