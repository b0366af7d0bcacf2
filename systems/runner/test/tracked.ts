import { expect } from 'vitest'
import { tracker } from '../tracker-service.ts'
import { eventually } from './eventually.ts'
import type { HttpShop, RunningServices } from './http-shop.ts'

/** An instance of a choreography, as the tracker shows it. */
export interface Instance {
  readonly status: string
  readonly journal: readonly { readonly kind: string; readonly step: string | null }[]
  /** Those of its messages that have come to the tracker. */
  readonly messages: readonly { readonly type: string; readonly state: string }[]
}

/** Waits until the tracker has it in this status. */
export function followed(shop: HttpShop<RunningServices>, id: string, status: string): Promise<Instance> {
  return eventually(async () => {
    const { body } = await shop.call('GET', tracker, `/operations/sagas/${encodeURIComponent(id)}`)
    expect(body).toMatchObject({ status })
    return body as Instance
  })
}
