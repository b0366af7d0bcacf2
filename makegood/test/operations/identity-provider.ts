import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'

/** An OpenID provider on this machine, with one key that it publishes. */
export class IdentityProvider {
  /** What it was asked for, in order. */
  readonly asked: string[] = []
  readonly issuer: string
  readonly #server: Server
  #signing: Signing
  #published: Signing
  /** What it says of itself, where it does not say the truth. */
  saysOfItself: object = {}

  constructor(server: Server, signing: Signing) {
    this.#server = server
    this.#signing = signing
    this.#published = signing
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', async ({ url }, response) => {
      this.asked.push(url!)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(url === '/keys' ? { keys: [await this.#jwk()] } : this.#configuration()))
    })
  }

  /** Signed as it signs, for an hour, unless told otherwise. */
  token(
    claims: { readonly [name: string]: unknown } = {},
    { key = this.#signing }: { readonly key?: Signing } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1_000)
    return new SignJWT({ iss: this.issuer, aud: 'operations', sub: 'u-7', iat: now, exp: now + 3_600, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: key.kid })
      .sign(key.privateKey)
  }

  /** From now on it signs with another key, and publishes that one. */
  async changeKey(): Promise<void> {
    this.#signing = await newKey(`key-${Math.random()}`)
    this.#published = this.#signing
  }

  async #jwk(): Promise<object> {
    const { kid, publicKey } = this.#published
    return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }
  }

  #configuration(): object {
    return { issuer: this.issuer, jwks_uri: `${this.issuer}/keys`, ...this.saysOfItself }
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }
}

export interface Signing {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

export async function newKey(kid: string): Promise<Signing> {
  return { kid, ...(await generateKeyPair('ES256', { extractable: true })) }
}

export async function identityProvider(): Promise<IdentityProvider> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return new IdentityProvider(server, await newKey('key-1'))
}
