import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { makegood } from './command-line.ts'

const { out: script } = await makegood(['completion', 'bash'])

/** What bash offers at the end of a line. */
function offered(...words: readonly string[]): readonly string[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
  const ask = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _makegood; printf "%s\\n" "${COMPREPLY[@]}"'
  const { stdout, stderr, status } = spawnSync('bash', ['-c', `${script}\n${ask}`, 'bash', 'makegood', ...words], {
    encoding: 'utf8',
  })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return stdout.split('\n').filter(word => word !== '')
}

describe('bash completes', () => {
  test.each([
    [['sa'], ['sagas']],
    [
      ['sagas', 're'],
      ['retry', 'resolve'],
    ],
    [['sagas', 'list', '--def'], ['--definition']],
    [['sagas', 'list', '--status', 'st'], ['stuck']],
    [['sagas', 'list', '--url', 'http://x', '--ord'], ['--order']],
    [['sagas', 'retry', 'sagas', '--dr'], ['--dry-run']],
    [
      ['definitions', 'show', '--format', ''],
      ['text', 'mermaid', 'json'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['migrate', '--data'],
      ['--database-url', '--database-url-file'],
    ],
  ])('%j to %j', (words, expected) => {
    expect(offered(...words).filter(word => !word.startsWith('--') || words.at(-1)?.startsWith('--'))).toEqual(expected)
  })
})

test.each(['zsh', 'fish'])('%s has every command and option too', async shell => {
  const { out } = await makegood(['completion', shell])
  for (const word of ['dead-letters', 'redrive', 'compensating', 'database-url']) expect(out).toContain(word)
})

test.each(['bash', 'zsh', 'fish'])('%s reads its own without an error', async shell => {
  const { out } = await makegood(['completion', shell])
  const { error, stderr } = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return
  expect(stderr).toBe('')
})
