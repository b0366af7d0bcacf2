import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { embeddedGround } from '../../../runner/embedded-ground.ts'
import { onFreePorts } from '../../../runner/on-free-ports.ts'
import { type RunningSystem, runSystem } from '../../../runner/running-system.ts'
import { outboxChoreography } from '../../system.ts'
import { Visitor } from '../admin/visitor.ts'
import { ask } from './gateway-rig.ts'

let running: RunningSystem
let folder: string
let url: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outbox-choreography-'))
  const system = outboxChoreography({ paymentLimitCents: 100_000n })
  running = await runSystem(system, { ...(await onFreePorts(system)), ground: embeddedGround(folder, { fresh: true }) })
  url = running.urlOf('gateway')
})
afterAll(async () => {
  await running?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('the admin site of a service behind the gateway', () => {
  test('asks who comes, and leads to the page that was asked for', async () => {
    const admin = new Visitor(url)
    const asked = await admin.get('/order/admin/tables/orders/')
    expect([asked.path, asked.title]).toEqual(['/order/admin/login/?next=%2Ftables%2Forders%2F', 'Sign in'])
    const seen = await admin.signIn('admin', 'admin', asked.path)
    expect([seen.path, seen.title]).toEqual(['/order/admin/tables/orders/', 'Orders'])
  })

  test('leads nowhere but to pages of its own, all of which are there', async () => {
    const admin = new Visitor(url)
    await admin.signIn('admin', 'admin', '/order/admin/login/')
    await admin.send('/order/admin/tables/orders/add/', orderOf('1'))
    const left = ['/order/admin/', '/order/admin']
    const seen = new Set<string>()
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const { status, html, path: at } = await admin.get(path)
      expect([path, status]).toEqual([path, 200])
      const places = [...html.matchAll(/ (?:href|action)="([^"#]+)"/g)].map(([, place]) =>
        place!.replaceAll('&amp;', '&'),
      )
      for (const place of places.filter(place => !place.startsWith('data:'))) {
        const { pathname, search } = new URL(place, `${url}${at}`)
        expect(pathname).toMatch(/^\/order\/admin\//)
        if (!/\/(logout|redrive)\/$/.test(pathname)) left.push(pathname + search)
      }
    }
    expect([...seen].some(path => path.startsWith('/order/admin/tables/orders/row/change/'))).toBe(true)
  })

  test('takes forms, and signs out', async () => {
    const admin = new Visitor(url)
    await admin.signIn('admin', 'admin', '/order/admin/login/')
    const added = await admin.send('/order/admin/tables/orders/add/', orderOf('11'))
    expect(added.path).toMatch(/^\/order\/admin\/tables\/orders\/row\/\?key=\d+$/)
    const left = await admin.post('/order/admin/logout/', added.forms[0]!.fields)
    expect([left.path, left.title]).toEqual(['/order/admin/login/', 'Sign in'])
    expect((await admin.get('/order/admin/')).title).toBe('Sign in')
  })

  test('knows who has signed in there, and the site without the gateway does too: a browser is the same on all ports', async () => {
    const admin = new Visitor(url)
    await admin.signIn('admin', 'admin', '/order/admin/login/')
    const direct = new Visitor(running.urlOf('order'))
    for (const [name, value] of admin.cookies) direct.cookies.set(name, value)
    expect((await direct.get('/admin/')).title).toBe('The tables of order')
    expect((await admin.get('/stock/admin/')).title, 'each service asks for itself').toBe('Sign in')
  })

  test('is not for pages from elsewhere to read, as the API is', async () => {
    const from = { headers: { origin: 'http://elsewhere' } }
    expect((await ask(url, '/order/api/v1/orders/', from)).status).toBe(200)
    const { status, text } = await ask(url, '/order/admin/login/', from)
    expect([status, text]).toEqual([403, expect.stringContaining('This is not for pages from elsewhere to read.')])
    expect(text).not.toContain('_csrf')
  })

  test('locks out the one who guesses, and not all who come through the gateway', async () => {
    const from = (address: string) => new Visitor(url, { 'x-forwarded-for': address })
    const signIn = (visitor: Visitor, password: string) => visitor.signIn('admin', password, '/stock/admin/login/')
    for (let tries = 0; tries < 5; tries += 1) expect((await signIn(from('203.0.113.7'), 'wrong')).status).toBe(401)
    expect((await signIn(from('203.0.113.7'), 'admin')).status).toBe(429)
    expect((await signIn(from('203.0.113.8'), 'admin')).title).toBe('The tables of stock')
    expect((await signIn(new Visitor(url), 'admin')).title).toBe('The tables of stock')
  })
})

test('who is no gateway is not believed to ask for others', async () => {
  const system = outboxChoreography({ paymentLimitCents: 100_000n, trustedProxies: ['192.0.2.1'] })
  const ground = embeddedGround(join(folder, 'alone'), { fresh: true })
  const alone = await runSystem(system, { ...(await onFreePorts(system)), ground, services: ['payment'] })
  onTestFinished(() => alone.stop())
  const guess = (at: number) =>
    new Visitor(alone.urlOf('payment'), { 'x-forwarded-for': `203.0.113.${at}` }).signIn('admin', 'wrong')
  for (let tries = 0; tries < 5; tries += 1) expect((await guess(tries)).status).toBe(401)
  expect((await guess(5)).status).toBe(429)
})

const orderOf = (quantity: string) => ({
  'value.customer_id': '7',
  'value.product_id': '1',
  'value.quantity': quantity,
  'value.amount': '10',
})
