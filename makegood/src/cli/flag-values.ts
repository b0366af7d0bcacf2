import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { textOf } from '../model/errors.ts'

export function seconds(text: string): number {
  return numberIn(text, 0.1, 60, 'a number of seconds from 0.1 to 60')
}

export function wholeNumber(from: number, to: number): (text: string) => number {
  return text => {
    const number = numberIn(text, from, to, `a whole number from ${from} to ${to}`)
    if (!Number.isInteger(number)) throw new InvalidArgumentError(`It is a whole number from ${from} to ${to}.`)
    return number
  }
}

function numberIn(text: string, from: number, to: number, words: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= from && number <= to)) throw new InvalidArgumentError(`It is ${words}.`)
  return number
}

export function json(text: string): unknown {
  const given = text.startsWith('@') ? contentsOf(text.slice(1)) : text
  try {
    return JSON.parse(given)
  } catch (error) {
    throw new InvalidArgumentError(`It is JSON, or @ and the path of a file with JSON: ${textOf(error)}`)
  }
}

function contentsOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new InvalidArgumentError(textOf(error))
  }
}
