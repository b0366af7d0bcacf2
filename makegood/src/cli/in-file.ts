import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { MakegoodError, textOf } from '../model/errors.ts'

/**
 * What an option says, or the file that its sibling names (`token` and `tokenFile`). What is typed goes before what the
 * environment says. Undefined if neither is there.
 *
 * @throws MakegoodError `OPTION_INVALID` if the file cannot be read
 */
export function saidOrInFile(command: Command, option: string, what: string): string | undefined {
  const [text, file] = [option, `${option}File`].map(name => ({
    value: command.getOptionValue(name) as string | undefined,
    isTyped: command.getOptionValueSource(name) === 'cli',
  })) as [Given, Given]
  const isInFile = file.value !== undefined && (text.value === undefined || (file.isTyped && !text.isTyped))
  return isInFile ? textIn(file.value, what) : text.value
}

interface Given {
  readonly value: string | undefined
  readonly isTyped: boolean
}

function textIn(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw new MakegoodError('OPTION_INVALID', `${what} cannot be read from ${path}: ${textOf(error)}`, { cause: error })
  }
}
