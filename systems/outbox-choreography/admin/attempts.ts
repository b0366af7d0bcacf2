import type { Database } from '../../runner/database.ts'

/** Attempts that have failed one after the other lock an account for an address, and in the end the whole address. */
export class Attempts {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Counts an attempt before it is judged, so that those that come at the same time are no more than those that come one
   * after the other. Resolves with the moment until which there are none, if the account or the address is locked.
   */
  begin(account: string, address: string): Promise<Date | undefined> {
    return this.#database.transaction(async db => {
      await db.query(forgetOld)
      const counted = await db.query(count, [account, address, failuresMax, failuresOfAddressMax])
      if (counted.rows.length === 2) return undefined
      const { rows } = await db.query<{ until: Date | null }>(lockedUntil, [
        account,
        address,
        failuresMax,
        failuresOfAddressMax,
      ])
      return rows[0]?.until ?? undefined
    })
  }

  /** What was counted was not in vain. */
  async succeeded(account: string, address: string): Promise<void> {
    await this.#database.transaction(db => db.query(forget, [account, address]))
  }
}

const failuresMax = 5
const failuresOfAddressMax = 20

const forgetOld = "delete from admin_attempts where last_at < now() - interval '15 minutes'"

const count = `
  insert into admin_attempts as known (account, address, failures)
  values ($1, $2, 1), ('', $2, 1)
  on conflict (account, address) do update set failures = known.failures + 1, last_at = now()
  where known.failures < case known.account when '' then $4::integer else $3::integer end
  returning failures
`

const lockedUntil = `
  select max(last_at) + interval '15 minutes' as until
  from admin_attempts
  where address = $2 and (account = $1 and failures >= $3::integer or account = '' and failures >= $4::integer)
`

const forget = "delete from admin_attempts where address = $2 and account in ($1, '')"
