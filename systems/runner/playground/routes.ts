import type { FastifyInstance } from 'fastify'
import type { DoStep, PlaceOrders, TurnSwitches } from 'makegood-console'
import Type from 'typebox'
import type { RunningPlayground } from './running-playground.ts'

/** What the page of the playground asks for. Every answer is what there is to see then. */
export function playgroundRoutes(app: FastifyInstance, playground: RunningPlayground): void {
  app.get('/', () => playground.view())

  app.post<{ Body: PlaceOrders }>('/orders', { schema: { body: Placing } }, async ({ body: { order, ...options } }) => {
    await playground.place(order, options)
    return playground.view()
  })

  app.post<{ Body: TurnSwitches }>('/switches', { schema: { body: Turning } }, async ({ body }) => {
    playground.turn(body)
    return playground.view()
  })

  app.post<{ Params: { name: string } }>('/services/:name/stop', async ({ params }) => {
    await playground.stop(params.name)
    return playground.view()
  })

  app.post<{ Params: { name: string } }>('/services/:name/start', async ({ params }) => {
    await playground.start(params.name)
    return playground.view()
  })

  app.post<{ Body: DoStep }>('/steps', { schema: { body: Doing } }, async ({ body: { experiment, step } }) => {
    await playground.do(experiment, step)
    return playground.view()
  })

  app.post<{ Params: { name: string } }>('/experiments/:name/start-over', ({ params }) => {
    playground.startOver(params.name)
    return playground.view()
  })
}

const Name = Type.String({ maxLength: 100 })

const Placing = Type.Object({
  order: Name,
  times: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
  asDocumented: Type.Optional(Type.Boolean()),
})

const Turning = Type.Record(Type.String(), Type.Number())

const Doing = Type.Object({ experiment: Name, step: Type.Integer({ minimum: 0, maximum: 100 }) })
