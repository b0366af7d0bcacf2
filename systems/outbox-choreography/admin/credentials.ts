import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type Environment, Trouble } from '../../runner/environment.ts'

/** Who may sign in, as the environment says it. */
export interface AdminCredentials {
  readonly user: string
  readonly password: string
  /** Signs the cookies; processes that share it share their sessions. Undefined: a new one with every start. */
  readonly secret: string | undefined
}

export function adminCredentials(environment: Environment): AdminCredentials {
  return {
    user: environment.text('ADMIN_USER', 'admin'),
    password: environment.text('ADMIN_PASSWORD', defaultPassword),
    secret: environment.text('ADMIN_SECRET', '') || undefined,
  }
}

/** What an embedded run may have, others may not. @throws Trouble, saying what to set. */
export function checkCredentials({ password, secret }: AdminCredentials): void {
  if (password === defaultPassword)
    throw new Trouble(
      'The admin site has its default password: set ADMIN_PASSWORD (and ADMIN_USER, if it is not to be admin) to one of your own.',
    )
  if (secret !== undefined && secret.length < secretLengthMin)
    throw new Trouble(`ADMIN_SECRET is too short: it must have at least ${secretLengthMin} characters.`)
}

/** Keeps a hash of the password, and no more. */
export class Account {
  readonly user: string
  /** Another name or password makes it another one, which ends every session. */
  readonly signingKey: string
  readonly #salt = randomBytes(16)
  readonly #hash: Promise<Buffer>

  constructor({ user, password, secret = randomBytes(32).toString('hex') }: AdminCredentials) {
    this.user = user
    this.signingKey = createHmac('sha256', secret)
      .update(JSON.stringify([user, password]))
      .digest('hex')
    this.#hash = hashed(password, this.#salt)
  }

  /** Takes as long for a wrong name as for a wrong password. */
  async isOf(user: string, password: string): Promise<boolean> {
    const isPassword = timingSafeEqual(await hashed(password, this.#salt), await this.#hash)
    return isPassword && user === this.user
  }
}

const defaultPassword = 'admin'
const secretLengthMin = 32

/** 32 MiB and a tenth of a second for each guess. */
const hashed = (password: string, salt: Buffer): Promise<Buffer> =>
  derive(password.normalize('NFKC'), salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 })

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt)
