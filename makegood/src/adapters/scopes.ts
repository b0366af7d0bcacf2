/** What can be rolled back alone: the whole transaction, or what came since a savepoint. */
export interface Scope {
  failed: Failed | undefined
  leftTo: Scope | undefined
}

export interface Failed {
  readonly error: unknown
}

/**
 * The scopes of one transaction, one in the other. They remember the first statement that failed in each: nobody needs
 * to await a statement for its failure to fail what it belongs to.
 */
export class Scopes {
  readonly #open: Scope[] = [{ failed: undefined, leftTo: undefined }]

  get outermost(): Scope {
    return this.#open[0]!
  }

  get innermost(): Scope {
    return this.#open.at(-1)!
  }

  /** The first failure that was not taken back. */
  get failed(): Failed | undefined {
    return this.#open.find(({ failed }) => failed !== undefined)?.failed
  }

  has(scope: Scope): boolean {
    return this.#open.includes(scope)
  }

  /** From here on, failures can be taken back. */
  enter(): Scope {
    const scope: Scope = { failed: undefined, leftTo: undefined }
    this.#open.push(scope)
    return scope
  }

  /** Whatever failed or will yet be answered with a failure in `scope` is now of what is around it. */
  leave(scope: Scope): void {
    for (const left of this.#pop(scope)) {
      left.leftTo = this.innermost
      if (left.failed) this.innermost.failed ??= left.failed
    }
  }

  /** Whatever failed or will yet be answered with a failure in `scope` is taken back. */
  undo(scope: Scope): void {
    this.#pop(scope)
  }

  /** Notes that a statement which was sent in `scope` has failed. Answers with what had failed before it, if anything. */
  fail(scope: Scope, error: unknown): Failed | undefined {
    let owner = scope
    while (owner.leftTo) owner = owner.leftTo
    const first = owner.failed ?? this.failed
    owner.failed ??= { error }
    return first
  }

  #pop(scope: Scope): readonly Scope[] {
    const at = this.#open.indexOf(scope)
    return at < 0 ? [] : this.#open.splice(at)
  }
}
