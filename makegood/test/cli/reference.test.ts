import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/run.ts'
import { pathOf, reference } from './reference.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = join(root, 'docs/cli.md')

function tree(): Command {
  return commands({ terminal: { out: () => {}, err: () => {} }, ended: () => {} })
}

test('docs/cli.md has every command with its options as --help has them; vitest -u writes it', async () => {
  const [written = ''] = readFileSync(page, 'utf8').split('## Reference\n')
  await expect(`${written}## Reference\n\n${reference(tree())}\n`).toMatchFileSnapshot(page)
})

describe('what documents say can be typed', () => {
  const documents = [
    ...['README.md', 'CHANGELOG.md', 'makegood/README.md', 'systems/README.md', 'systems/ecommerce/README.md'],
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.md'))
      .map(name => join('docs', name)),
  ]
  const lines = documents.flatMap(document => {
    const text = readFileSync(join(root, document), 'utf8')
    const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
    return blocks.flatMap(block => [...block.matchAll(/^makegood .*$/gm)].map(([line]) => [document, line] as const))
  })

  test('is looked for, and found', () => {
    expect(lines.length).toBeGreaterThan(50)
  })

  test.each(lines)('in %s: %s', (_, line) => {
    const [, ...words] = wordsOf(line)
    const command = commandAt(tree(), words)
    const rest = words.slice(pathOf(command).split(' ').length - 1)
    expect(command.commands.map(each => each.name())).toEqual([])
    const { operands, unknown } = command.parseOptions(rest)
    expect(unknown).toEqual([])
    const { length } = command.registeredArguments
    const isVariadic = command.registeredArguments.at(-1)?.variadic === true
    expect(operands.length).toBeGreaterThanOrEqual(
      command.registeredArguments.filter(({ required }) => required).length,
    )
    if (!isVariadic) expect(operands.length).toBeLessThanOrEqual(length)
    for (const option of command.options) {
      if (option.mandatory) expect(command.getOptionValue(option.attributeName()), option.flags).toBeDefined()
    }
  })
})

function commandAt(command: Command, words: readonly string[]): Command {
  const next = command.commands.find(each => each.name() === words[0])
  return next === undefined ? command : commandAt(next, words.slice(1))
}

/** As a shell takes them apart. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
}
