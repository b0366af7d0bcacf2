// What is no message.
import { z } from 'zod'
import { command, event } from '../../src/definition/message.ts'

// @ts-expect-error a type is `service.action`
command('reserve', { payload: z.string() })
// @ts-expect-error a payload is a Standard Schema
event('stock.reserved', { payload: { orderId: 'string' } })
