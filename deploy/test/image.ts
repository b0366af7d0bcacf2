import { readFileSync } from 'node:fs'

/** The image of all services, as its Dockerfile has it. */
export interface Image {
  /** What every container of it starts with, before the command. */
  readonly entrypoint: readonly string[]
  readonly healthcheck: readonly string[]
  readonly environment: { readonly [name: string]: string }
  readonly user: string
  /** What its stages are made from, other than from each other. */
  readonly bases: readonly string[]
}

export function readImage(): Image {
  const written = readDockerfile()
  const argumentOf = (wanted: string) => {
    const found = written.find(({ instruction }) => instruction === wanted)
    if (found === undefined) throw new Error(`The Dockerfile has no ${wanted}`)
    return found.argument
  }
  const node = argumentOf('ARG').replace(/^NODE=/, '')
  const stages = written.filter(({ instruction }) => instruction === 'FROM').map(({ argument }) => argument.split(' '))
  const names = stages.map(([, , name]) => name)
  return {
    entrypoint: JSON.parse(argumentOf('ENTRYPOINT')),
    healthcheck: JSON.parse(/ CMD (.+)$/.exec(argumentOf('HEALTHCHECK'))![1]!),
    environment: Object.fromEntries(
      argumentOf('ENV')
        .split(/\s+/)
        .map(each => each.split('=', 2)),
    ),
    user: argumentOf('USER'),
    bases: stages.flatMap(([base]) => (names.includes(base) ? [] : [base!.replace(/\$\{NODE\}/, node)])),
  }
}

export interface Instruction {
  readonly instruction: string
  readonly argument: string
}

export function readDockerfile(): Instruction[] {
  const file = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  const lines = file.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n\s*/g, '')
  return [...lines.matchAll(/^([A-Z]+) (.+)$/gm)].map(([, instruction, argument]) => ({
    instruction: instruction!,
    argument: argument!,
  }))
}
