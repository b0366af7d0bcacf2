import { textOf } from 'makegood'
import { type Access, oidcAccess, openAccess, type Role, type Token, tokenAccess } from 'makegood/operations'
import { roles } from 'makegood/operations/contract'
import { type Environment, Trouble } from './environment.ts'

/**
 * Who may ask for what operators see. Of what runs embedded and listens to this machine alone, it is whoever sits in
 * front of it; of anything else nobody, unless the environment says `OPERATIONS=on` and who may.
 *
 * @throws Trouble, naming the variable, and what is wrong with it but for tokens
 */
export async function accessTo(
  environment: Environment,
  { isLocal }: { readonly isLocal: boolean },
): Promise<Access | undefined> {
  if (isLocal) return openAccess()
  switch (environment.text('OPERATIONS', 'off')) {
    case 'off':
      return undefined
    case 'on':
      return accessIn(environment)
    default:
      throw new Trouble('OPERATIONS cannot be used: it must be on or off.')
  }
}

async function accessIn(environment: Environment): Promise<Access> {
  const tokens = environment.text(tokensVariable, '')
  const issuer = environment.text(issuerVariable, '')
  if (tokens && issuer)
    throw new Trouble(`${tokensVariable} and ${issuerVariable} are set: operators show who they are in one way.`)
  if (tokens) return within(tokensVariable, () => accessOf(tokens))
  if (issuer) return oidcIn(environment, issuer)
  throw new Trouble(
    `OPERATIONS is on, and nobody is named who may ask: set ${tokensVariable} (${form}), ${tokensVariable}_FILE, or ${issuerVariable} and ${audienceVariable}.`,
  )
}

const tokensVariable = 'OPERATIONS_TOKENS'
const issuerVariable = 'OPERATIONS_OIDC_ISSUER'
const audienceVariable = 'OPERATIONS_OIDC_AUDIENCE'
const rolesVariable = 'OPERATIONS_OIDC_ROLES'
const form = 'name:role:token, with commas between several'

/** Of each `name:role:token`, with commas or lines between them. */
function accessOf(text: string): Access {
  const entries = text.split(/[,\n]/).map(entry => entry.trim())
  const tokens = entries.filter(entry => entry !== '').map(tokenIn)
  // By their numbers first: in an entry that is written the wrong way round the name may be the secret.
  tokenAccess(tokens.map((token, at) => ({ ...token, name: entryAt(at) })))
  return tokenAccess(tokens)
}

function tokenIn(entry: string, at: number): Token {
  const [, name, role, token] = /^([^:]+):([^:]+):(.+)$/.exec(entry) ?? []
  if (name === undefined) throw new Trouble(`${entryAt(at)} is not of the form name:role:token`)
  return { name: name.trim(), role: role!.trim() as Role, token: token!.trim() }
}

function entryAt(at: number): string {
  return `entry ${at + 1}`
}

/** The claim that names roles is a list of words, or one; of those that there are here, the highest counts. */
async function oidcIn(environment: Environment, issuer: string): Promise<Access> {
  const audience = environment.text(audienceVariable, '')
  if (audience === '') throw new Trouble(`${issuerVariable} is set, and ${audienceVariable} is not: set it too.`)
  const path = environment.text(rolesVariable, 'roles').split('.')
  return within(issuerVariable, () => oidcAccess({ issuer, audience, roleOf: claims => highest(at(claims, path)) }))
}

function at(claims: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => (value as Record<string, unknown> | undefined | null)?.[name], claims)
}

function highest(named: unknown): Role | undefined {
  const words = [named].flat()
  return [...roles].reverse().find(role => words.includes(role))
}

/** What is wrong, with the variable in front of it. */
async function within(variable: string, make: () => Access | Promise<Access>): Promise<Access> {
  try {
    return await make()
  } catch (error) {
    const says = textOf(error)
      .replace(/^\w+Access: /, '')
      .replace(/\.$/, '')
    throw new Trouble(`${variable} cannot be used: ${says}.`, { cause: error })
  }
}
