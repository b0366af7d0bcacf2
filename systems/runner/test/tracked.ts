import { expect } from 'vitest'
import { tracker } from '../tracker-service.ts'
import { eventually } from './eventually.ts'
import type { HttpShop, RunningServices } from './http-shop.ts'
import { operator } from './operator.ts'

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
    const path = `/operations/sagas/${encodeURIComponent(id)}`
    const { body } = await shop.call('GET', tracker, path, undefined, operator.headers)
    expect(body).toMatchObject({ status })
    return body as Instance
  })
}
