/** Gives equal values equal numbers, so that states of thousands of words are compared, kept and combined as numbers. */
export class Interned<Value> {
  readonly #ids = new Map<string, number>()
  readonly #values: Value[] = []

  idOf(value: Value): number {
    const text = JSON.stringify(value)
    const known = this.#ids.get(text)
    if (known !== undefined) return known
    const id = this.#values.length
    this.#ids.set(text, id)
    this.#values.push(value)
    return id
  }

  valueOf(id: number): Value {
    const value = this.#values[id]
    if (value === undefined) throw new Error(`Nothing was interned as ${id}.`)
    return value
  }
}

/** Asks a pure function once for each pair of numbers. */
export function remembered<Result>(answer: (first: number, second: number) => Result): typeof answer {
  const known = new Map<number, Map<number, Result>>()
  return (first, second) => {
    const answers = known.get(first) ?? new Map<number, Result>()
    known.set(first, answers)
    const result = answers.get(second) ?? answer(first, second)
    answers.set(second, result)
    return result
  }
}
