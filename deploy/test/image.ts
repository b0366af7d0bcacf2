import { readFileSync } from 'node:fs'

/** The image of all services, as its Dockerfile has it. */
export interface Image {
  /** What every container of it starts with, before the command. */
  readonly entrypoint: readonly string[]
  readonly healthcheck: readonly string[]
  readonly environment: { readonly [name: string]: string }
  readonly user: string
  readonly bases: readonly string[]
}

export function readImage(): Image {
  const file = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  const text = file.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n/g, ' ')
  const node = argumentOf(text, 'ARG NODE=')
  return {
    entrypoint: JSON.parse(argumentOf(text, 'ENTRYPOINT ')),
    healthcheck: JSON.parse(/^HEALTHCHECK .* CMD (.+)$/m.exec(text)![1]!),
    environment: Object.fromEntries(
      argumentOf(text, 'ENV ')
        .split(/\s+/)
        .map(each => each.split('=', 2)),
    ),
    user: argumentOf(text, 'USER '),
    bases: [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base!.replace(/\$\{NODE\}/, node)),
  }
}

function argumentOf(text: string, instruction: string): string {
  const line = text.split('\n').find(line => line.startsWith(instruction))
  if (line === undefined) throw new Error(`The Dockerfile has no ${instruction.trim()}`)
  return line.slice(instruction.length)
}
