/** What the gateway answers itself, and in whose words: Kong's. */
export class GatewayFailure extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}
