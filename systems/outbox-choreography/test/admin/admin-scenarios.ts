import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Trouble } from '../../../runner/environment.ts'
import { eventually } from '../../../runner/test/eventually.ts'
import { checkCredentials } from '../../admin/credentials.ts'
import type { SmallShop } from './small-shop.ts'
import { Visitor } from './visitor.ts'

/** What holds for the admin site, wherever it runs. */
export function adminScenarios(open: () => Promise<SmallShop>): void {
  let shop: SmallShop
  let admin: Visitor
  beforeAll(async () => {
    shop = await open()
  })
  afterAll(() => shop?.stop())
  beforeEach(async () => {
    await shop.sql('truncate orders, products, admin_attempts, admin_sessions, admin_log restart identity')
    admin = new Visitor(shop.url)
    await admin.signIn()
  })

  const products = '/admin/tables/products/'
  const orders = '/admin/tables/orders/'
  const addPen = (fields: object = {}) =>
    shop.sql(
      `insert into products (name, shelf, quantity, price, active, details, added)
     select name, shelf, quantity, price, active, details, coalesce(added, now())
     from jsonb_populate_record(null::products, $1)`,
      JSON.stringify({ name: 'pen', quantity: 3, active: true, ...fields }),
    )
  const quantities = async () =>
    (await shop.sql<{ quantity: number }>('select quantity from products order by id')).map(({ quantity }) => quantity)
  const logged = () => shop.sql<Record<string, any>>('select * from admin_log order by id')

  describe('signing in', () => {
    test.each(['/admin/', products, `${products}add/`, '/admin/tables/outbox/', '/admin/tables/admin_log/'])(
      'GET %s without it leads to the form, and back after it',
      async path => {
        const stranger = new Visitor(shop.url)
        const asked = await stranger.get(path)
        expect(asked.title).toBe('Sign in')
        expect(asked.html).not.toContain('<nav')
        const seen = await stranger.signIn('admin', 'admin', path)
        expect([seen.status, seen.path]).toEqual([200, path])
      },
    )

    test('nothing is changed without it, whatever the form says', async () => {
      await addPen()
      const stranger = new Visitor(shop.url)
      const { _csrf } = (await stranger.get('/admin/login/')).forms[0]!.fields
      for (const path of [`${products}row/change/?key=1`, `${products}row/delete/?key=1`, `${products}add/`])
        expect((await stranger.post(path, { _csrf, 'value.quantity': '9' })).title).toBe('Sign in')
      expect(await quantities()).toEqual([3])
    })

    test('a wrong name or password is told the same, and no session begins', async () => {
      for (const [user, password] of [
        ['admin', 'wrong'],
        ['nobody', 'admin'],
      ] as const) {
        const stranger = new Visitor(shop.url)
        const seen = await stranger.signIn(user, password)
        expect(seen.status).toBe(401)
        expect(seen.text).toContain('The user name or the password is wrong.')
        expect((await stranger.get('/admin/')).title).toBe('Sign in')
      }
    })

    test('leads to this site alone', async () => {
      for (const next of [
        'https://example.com/',
        '//example.com/',
        '/admin/../x',
        '/elsewhere/',
        '/admin\\@example.com',
      ]) {
        const seen = await new Visitor(shop.url).signIn(
          'admin',
          'admin',
          `/admin/login/?next=${encodeURIComponent(next)}`,
        )
        expect(seen.path).toMatch(/^\/admin\//)
        expect(seen.html).not.toContain('example.com')
      }
    })

    test('begins a session of its own: one from before it is worth nothing after it', async () => {
      const before = admin.cookies.get('shop-admin')!
      await admin.post('/admin/logout/', (await admin.get('/admin/')).forms[0]!.fields)
      await admin.signIn()
      expect(admin.cookies.get('shop-admin')).not.toBe(before)
      const thief = new Visitor(shop.url)
      thief.cookies.set('shop-admin', before)
      expect((await thief.get('/admin/')).title).toBe('Sign in')
    })

    test('keeps nothing in the database that could be shown as a cookie', async () => {
      const [kept] = await shop.sql<{ id: string; content: object }>('select id, content from admin_sessions')
      const [id] = decodeURIComponent(admin.cookies.get('shop-admin')!).split('.')
      expect(JSON.stringify(kept)).not.toContain(id)
    })

    test('sets cookies that scripts cannot read and other sites cannot use, signed', async () => {
      const response = await fetch(`${shop.url}/admin/login/`)
      const form = response.headers.getSetCookie()[0]!
      expect(form).toMatch(/^shop-admin-form=\S+; Path=\/; HttpOnly; SameSite=Strict$/i)
      const visitor = new Visitor(shop.url)
      await visitor.signIn()
      const session = visitor.cookies.get('shop-admin')!
      visitor.cookies.set(
        'shop-admin',
        session.replace(/.$/, last => (last === 'A' ? 'B' : 'A')),
      )
      expect((await visitor.get('/admin/')).title).toBe('Sign in')
    })

    test('ends with the session: after signing out its cookie opens nothing', async () => {
      const kept = new Map(admin.cookies)
      const seen = await admin.post('/admin/logout/', (await admin.get('/admin/')).forms[0]!.fields)
      expect(seen.title).toBe('Sign in')
      const thief = new Visitor(shop.url)
      for (const [name, value] of kept) thief.cookies.set(name, value)
      expect((await thief.get('/admin/')).title).toBe('Sign in')
    })

    test('ends an hour after the last request', async () => {
      expect((await admin.get('/admin/')).title).toBe('The tables of shop')
      await shop.sql("update admin_sessions set expires_at = expires_at - interval '61 minutes'")
      expect((await admin.get('/admin/')).title).toBe('Sign in')
    })
  })

  describe('guessing passwords', () => {
    const guess = async (password: string, user = 'admin') => new Visitor(shop.url).signIn(user, password)

    test('five failures lock the account for this address, the right password too, and it says until when', async () => {
      for (let tries = 0; tries < 5; tries += 1) expect((await guess('wrong')).status).toBe(401)
      const locked = await guess('admin')
      expect(locked.status).toBe(429)
      expect(locked.text).toMatch(/too many attempts to sign in\. Try again at \d\d:\d\d UTC, in 15 minutes\./)
      expect(Number(locked.headers.get('Retry-After'))).toBeGreaterThan(14 * 60)
      expect((await guess('wrong', 'somebody')).status, 'another account').toBe(401)
      expect((await admin.get('/admin/')).title, 'who is in stays in').toBe('The tables of shop')
    })

    test('at the same time is no way round it', async () => {
      const seen = await Promise.all(Array.from({ length: 12 }, () => guess('wrong')))
      expect(seen.filter(({ status }) => status === 401)).toHaveLength(5)
    })

    test('of ever other accounts locks the address', async () => {
      await shop.sql("insert into admin_attempts (account, address, failures) values ('', '127.0.0.1', 19)")
      expect((await guess('wrong', 'one')).status).toBe(401)
      expect((await guess('wrong', 'other')).status).toBe(429)
    })

    test('may go on when the time is over, and is forgotten once it was right', async () => {
      for (let tries = 0; tries < 5; tries += 1) await guess('wrong')
      await shop.sql("update admin_attempts set last_at = last_at - interval '15 minutes'")
      expect((await guess('wrong')).status).toBe(401)
      expect((await guess('admin')).title).toBe('The tables of shop')
      expect(await shop.sql('select * from admin_attempts')).toEqual([])
    })
  })

  describe('the default password', () => {
    test('is refused with a sentence where it may not be', () => {
      expect(() => checkCredentials({ user: 'admin', password: 'admin', secret: undefined })).toThrow(
        new Trouble(
          'The admin site has its default password: set ADMIN_PASSWORD (and ADMIN_USER, if it is not to be admin) to one of your own.',
        ),
      )
      checkCredentials({ user: 'admin', password: 'a password of our own', secret: undefined })
    })

    test('and so is a secret that is too short', () => {
      expect(() => checkCredentials({ user: 'admin', password: 'our own', secret: 'short' })).toThrow(Trouble)
    })
  })

  describe('a form', () => {
    test.each([
      ['without a token', undefined],
      ['with a wrong token', 'nonsense'],
    ])('%s is refused', async (_name, _csrf) => {
      await addPen()
      const form = (await admin.get(`${products}row/change/?key=1`)).forms.at(-1)!
      const seen = await admin.post(`${products}row/change/?key=1`, { ...form.fields, 'value.quantity': '9', _csrf })
      expect(seen.status).toBe(403)
      expect(seen.text).toContain('not made by this site')
      expect(await quantities()).toEqual([3])
    })

    test("with another session's token is refused", async () => {
      await addPen()
      const other = new Visitor(shop.url)
      await other.signIn()
      const { _csrf } = (await other.get(`${products}add/`)).forms.at(-1)!.fields
      expect((await admin.post(`${products}add/`, { _csrf, 'value.name': 'ink', 'value.quantity': '1' })).status).toBe(
        403,
      )
    })

    test('that is no form is refused', async () => {
      const cookie = [...admin.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers = { cookie, 'content-type': 'application/json' }
      const response = await fetch(`${shop.url}${products}add/`, {
        method: 'POST',
        body: '{}',
        headers,
        redirect: 'manual',
      })
      expect(response.status).toBe(415)
    })
  })

  describe('a list', () => {
    beforeEach(async () => {
      await addPen({ name: 'pen', shelf: 'A1', quantity: 3 })
      await addPen({ name: 'ink 50%', shelf: 'B2', quantity: 12, active: false, added: '2020-01-01' })
      await addPen({ name: 'paper', quantity: 7, details: { size: 'A4' } })
    })
    const names = async (query = '') => (await admin.get(products + query)).rows.map(([, name]) => name)

    test('shows the rows in the order that was asked for', async () => {
      expect(await names()).toEqual(['ink 50%', 'paper', 'pen'])
      expect(await names('?sort=-quantity')).toEqual(['ink 50%', 'paper', 'pen'])
      expect(await names('?sort=quantity')).toEqual(['pen', 'paper', 'ink 50%'])
      expect(await names('?sort=price;drop')).toEqual(['ink 50%', 'paper', 'pen'])
      expect((await admin.get(`${products}?sort=-quantity`)).html).toContain('aria-sort="descending"')
    })

    test('is searched for text, in any case, and takes signs for themselves', async () => {
      expect(await names('?q=PE')).toEqual(['paper', 'pen'])
      expect(await names('?q=50%25')).toEqual(['ink 50%'])
      expect(await names('?q=%25')).toEqual(['ink 50%'])
      expect(await names('?q=a4')).toEqual(['paper'])
      expect(await names("?q=' or true --")).toEqual([])
    })

    test('is narrowed by what the columns have', async () => {
      const page = await admin.get(products)
      expect(page.choices('is.active')).toEqual(['', 'true', 'false'])
      expect(page.choices('is.shelf')).toEqual(['', 'A1', 'B2'])
      expect(await names('?is.active=false')).toEqual(['ink 50%'])
      expect(await names('?is.shelf=A1&is.active=true')).toEqual(['pen'])
      expect(await names('?is.added=7')).toEqual(['paper', 'pen'])
      expect(await names('?is.added=nonsense&is.price=1')).toHaveLength(3)
    })

    test('has pages, which keep what was looked for', async () => {
      await shop.sql("insert into products (name, quantity) select 'pin ' || n, n from generate_series(1, 60) n")
      const first = await admin.get(`${products}?q=pin&sort=-quantity`)
      expect(first.rows).toHaveLength(25)
      expect(first.text).toContain('1 to 25 of 60 rows.')
      expect(first.text).toContain('Page 1 of 3')
      const address = /href="([^"]*)">Next</.exec(first.html)![1]!.replaceAll('&amp;', '&')
      const second = await admin.get(products + address)
      expect(second.rows[0]![1]).toBe('pin 35')
      expect((await admin.get(`${products}?q=pin&page=3`)).rows).toHaveLength(10)
      expect((await admin.get(`${products}?q=pin&page=4`)).text).toContain('There is no such page.')
    })

    test('of ten thousand rows is counted and has pages to its end; of a longer one no more than that', async () => {
      await shop.sql("insert into products (name, quantity) select 'pin ' || n, n from generate_series(1, 10000) n")
      const whole = await admin.get(`${products}?q=pin&sort=quantity&page=400`)
      expect(whole.rows.map(([, name]) => name).at(-1)).toBe('pin 10000')
      expect(whole.text).toContain('9976 to 10000 of 10,000 rows.')
      await shop.sql("insert into products (name, quantity) values ('pin 10001', 10001)")
      const longer = await admin.get(`${products}?q=pin&sort=quantity&page=400`)
      expect(longer.rows.map(([, name]) => name).at(-1)).toBe('pin 10000')
      expect(longer.text).toContain('9976 to 10000 of more than 10,000 rows.')
      expect(longer.text).toContain('The rest has no pages: look for less, or sort it the other way round.')
      expect((await admin.get(`${products}?q=pin&page=401`)).text).toContain('There is no such page.')
      expect((await admin.get(`${products}?q=pin&sort=-quantity`)).rows[0]![1]).toBe('pin 10001')
    })

    test('that takes the database too long says so, and what to do', async () => {
      await shop.sql(
        "create function slow() returns boolean language plpgsql as $$ begin raise sqlstate '57014'; end $$",
      )
      await shop.sql('alter table orders rename to kept')
      await shop.sql('create view orders as select * from kept where slow()')
      await shop.sql('insert into kept (product) values (1)')
      const { status, text } = await admin.get(orders)
      await shop.sql('drop view orders')
      await shop.sql('alter table kept rename to orders')
      await shop.sql('drop function slow')
      expect([status, text]).toEqual([503, expect.stringContaining('The database has taken too long for this list.')])
    })

    test('says so when it is empty', async () => {
      expect((await admin.get(orders)).text).toContain('There is nothing in Orders yet.')
      expect((await admin.get(`${products}?q=zebra`)).text).toContain('Nothing here fits what you look for.')
    })
  })

  test('what is in the data is text and never markup', async () => {
    const script = '<script>alert(1)'
    await addPen({ name: script, details: { '"><script>alert(2)</script>': "'" } })
    const pages = [
      products,
      `${products}?q=${encodeURIComponent(script)}`,
      `${products}row/?key=1`,
      `${products}row/change/?key=1`,
      `${products}row/delete/?key=1`,
      `/admin/login/?next=${encodeURIComponent('/admin/"><script>')}`,
      `/admin/tables/${encodeURIComponent(script)}/`,
    ]
    for (const path of pages) {
      const { html } = await admin.get(path)
      expect(html).toContain('<main')
      expect(html).not.toMatch(/<script/i)
    }
    await admin.send(`${products}row/change/?key=1`, { 'value.quantity': '4' })
    for (const path of [`${products}row/?key=1`, '/admin/tables/admin_log/', '/admin/tables/admin_log/row/?key=1'])
      expect((await admin.get(path)).html).not.toMatch(/<script/i)
    expect((await admin.get(products)).text).toContain(script)
  })

  test('every page says that nothing from elsewhere may run in it or around it, and is kept nowhere', async () => {
    const { headers } = await admin.get(products)
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('Cache-Control')).toBe('no-store')
  })

  describe('a row', () => {
    test('that is added has what was filled in, and defaults for what was not', async () => {
      const seen = await admin.send(`${products}add/`, {
        'value.name': 'pen',
        'value.quantity': '5',
        'value.shelf': 'A1',
        'value.price': '1.50',
        'value.details': '{"ink":\r\n "blue"}',
      })
      expect(seen.text).toContain('Products: 1 was added.')
      const [row] = await shop.sql<object>('select * from products')
      expect(row).toMatchObject({
        name: 'pen',
        quantity: 5,
        shelf: 'A1',
        price: '1.50',
        active: true,
        details: { ink: 'blue' },
      })
      expect((await admin.get(seen.path)).text, 'the message is shown once').not.toContain('was added')
    })

    test('that is shown has all of its columns, and what was done with it', async () => {
      await addPen({ details: { ink: 'blue' }, price: 2 })
      await admin.send(`${products}row/change/?key=1`, { 'value.quantity': '4' })
      const { text } = await admin.get(`${products}row/?key=1`)
      expect(text).toContain('price 2.00')
      expect(text).toContain('{ "ink": "blue" }')
      expect(text).toContain('shelf none')
      expect(text).toContain('admin: change quantity: 3 → 4')
    })

    test('that is changed has what was changed, and nothing else', async () => {
      await addPen({ price: 2, shelf: 'A1' })
      const seen = await admin.send(`${products}row/change/?key=1`, { 'value.quantity': '4', 'value.shelf': '' })
      expect(seen.text).toContain('Products: 1 was changed.')
      const [row] = await shop.sql<object>('select * from products')
      expect(row).toMatchObject({ name: 'pen', quantity: 4, price: '2.00', shelf: null })
      expect((await admin.send(`${products}row/change/?key=1`)).text).toContain('Nothing was changed.')
      expect(await logged()).toHaveLength(1)
    })

    test('that was changed meanwhile is shown as it is now, and not changed', async () => {
      await addPen()
      const { fields } = (await admin.get(`${products}row/change/?key=1`)).forms.at(-1)!
      await shop.sql('update products set quantity = 2')
      const seen = await admin.post(`${products}row/change/?key=1`, { ...fields, 'value.quantity': '9' })
      expect(seen.status).toBe(409)
      expect(seen.text).toContain('It has been changed since you opened it.')
      expect(seen.forms.at(-1)!.fields['value.quantity']).toBe('2')
      expect(await quantities()).toEqual([2])
    })

    test('is deleted after a question, and not if it was changed meanwhile', async () => {
      await addPen()
      const question = await admin.get(`${products}row/delete/?key=1`)
      expect(question.text).toContain('This row will be gone for good:')
      expect(await quantities()).toEqual([3])
      await shop.sql('update products set quantity = 2')
      expect((await admin.post(question.path, question.forms.at(-1)!.fields)).status).toBe(409)
      expect((await admin.send(`${products}row/delete/?key=1`)).text).toContain('Products: 1 was deleted.')
      expect(await quantities()).toEqual([])
    })

    test('that others refer to is not deleted, and it says why', async () => {
      await addPen()
      await shop.sql('insert into orders (product) values (1)')
      const seen = await admin.send(`${products}row/delete/?key=1`)
      expect(seen.status).toBe(409)
      expect(seen.text).toContain('Nothing was deleted: Rows of orders still refer to this one.')
    })

    test('that is not there, or is no key at all, is 404', async () => {
      for (const path of [
        `${products}row/?key=7`,
        `${products}row/?key=x`,
        `${products}row/`,
        '/admin/tables/shelves/',
        '/admin/x/',
      ])
        expect((await admin.get(path)).status).toBe(404)
    })
  })

  describe('a form with a field that will not do is shown again, names it, and saves nothing:', () => {
    const good = { 'value.name': 'pen', 'value.quantity': '1' }
    test.each<[string, object, string]>([
      ['nothing', { 'value.name': '' }, 'name: This field is required.'],
      ['a text that is too long', { 'value.name': 'x'.repeat(21) }, 'name: This can have at most 20 characters.'],
      ['a word for a number', { 'value.quantity': 'two' }, 'quantity: This is not a value of the type integer.'],
      [
        'a number that is too large',
        { 'value.quantity': '3000000000' },
        'quantity: This is out of the range of integer.',
      ],
      [
        'what a check forbids',
        { 'value.quantity': '-1' },
        'quantity: The database allows only: CHECK ((quantity >= 0))',
      ],
      ['what is there already', { 'value.name': 'ink' }, 'name: There is already a row with this value.'],
      ['a row that is not there', { 'value.shelf': 'Z9' }, 'shelf: There is no such row in shelves.'],
      ['no JSON', { 'value.details': '{' }, 'details: This is not a value of the type jsonb.'],
      ['a price beyond its column', { 'value.price': '1e9' }, 'price: This is out of the range of numeric(8,2).'],
      ['none of the choices', { 'value.active': 'perhaps' }, 'active: This can only be true, false here.'],
      ['a NUL', { 'value.shelf': 'A\0' }, 'shelf: This is not a value of the type character varying(10).'],
    ])('%s', async (_name, fields, says) => {
      await addPen({ name: 'ink' })
      const seen = await admin.send(`${products}add/`, { ...good, ...fields })
      expect(seen.status).toBe(422)
      expect(seen.text).toContain(says)
      expect(seen.html).toContain('aria-invalid="true"')
      // What is none of the choices cannot be shown as one.
      if (!('value.active' in fields)) expect(seen.forms.at(-1)!.fields).toMatchObject(fields)
      expect(await quantities()).toEqual([3])
      expect(await logged()).toEqual([])
    })
  })

  describe('a table whose rows are changed by the service', () => {
    beforeEach(async () => {
      await addPen()
      await shop.sql("insert into orders (product, status) values (1, 'created'), (1, 'shipped')")
      shop.mend()
    })

    test('offers the transitions that are allowed, and takes no other', async () => {
      expect((await admin.get(`${orders}row/change/?key=1`)).choices('value.status')).toEqual(['created', 'paid'])
      expect((await admin.get(`${orders}row/change/?key=2`)).choices('value.status')).toEqual(['shipped'])
      const seen = await admin.send(`${orders}row/change/?key=2`, { 'value.status': 'created' })
      expect(seen.text).toContain('status: This can only be shipped here.')
    })

    test('has the message that follows in the same transaction', async () => {
      await admin.send(`${orders}row/change/?key=1`, { 'value.status': 'paid' })
      await eventually(async () => {
        const [order] = await shop.sql<object>('select status, told from orders where order_id = 1')
        expect(order).toEqual({ status: 'paid', told: 'yes' })
      })
    })

    test('shows why it refuses, beside the field', async () => {
      await addPen({ name: 'ink' })
      const seen = await admin.send(`${orders}row/change/?key=1`, { 'value.status': 'paid', 'value.product': '2' })
      expect([seen.status, seen.text]).toEqual([422, expect.stringContaining('product: It is packed already.')])
      expect(await shop.sql('select status from orders where order_id = 1')).toEqual([{ status: 'created' }])
    })

    test('does not take what it does not offer', async () => {
      expect((await admin.get(`${orders}row/?key=1`)).text).not.toContain('Delete')
      expect((await admin.get(`${orders}row/delete/?key=1`)).status).toBe(403)
      const form = (await admin.get(`${orders}row/change/?key=1`)).forms.at(-1)!
      expect((await admin.post(`${orders}row/delete/?key=1`, form.fields)).status).toBe(403)
      await admin.send(`${orders}row/change/?key=1`, { 'value.told': 'by hand', 'value.order_id': '7' })
      expect(await shop.sql('select order_id, told from orders order by order_id')).toEqual([
        { order_id: 1, told: null },
        { order_id: 2, told: null },
      ])
    })
  })

  test('the log has who did what, from where, when, and what was before and after', async () => {
    await admin.send(`${products}add/`, { 'value.name': 'pen', 'value.quantity': '5' })
    await admin.send(`${products}row/change/?key=1`, { 'value.quantity': '4' })
    await admin.send(`${products}row/delete/?key=1`)
    const entries = await logged()
    const about = { account: 'admin', address: '127.0.0.1', table_name: 'products', row_key: '1', at: expect.any(Date) }
    expect(entries).toMatchObject([
      { ...about, action: 'add', before: null, after: { name: 'pen', quantity: '5' } },
      { ...about, action: 'change', before: { quantity: '5' }, after: { quantity: '4' } },
      { ...about, action: 'delete', before: { quantity: '4' }, after: null },
    ])
    const list = await admin.get('/admin/tables/admin_log/')
    expect(list.rows.map(([, , , action]) => action)).toEqual(['delete', 'change', 'add'])
    expect((await admin.get('/admin/tables/admin_log/row/?key=2')).text).toContain('"quantity": "4"')
    for (const path of ['add/', 'row/change/?key=1', 'row/delete/?key=1'])
      expect((await admin.get(`/admin/tables/admin_log/${path}`)).status).toBe(403)
  })

  test('the log goes back a year: what is older goes with later entries, a hundred at a time', async () => {
    const entered = (days: number, entries: number) =>
      shop.sql(
        `insert into admin_log (at, account, address, action, table_name, row_key)
         select now() - make_interval(days => $1), 'admin', '', 'delete', 'products', '' from generate_series(1, $2)`,
        days,
        entries,
      )
    await entered(366, 150)
    await entered(364, 1)
    await admin.send(`${products}add/`, { 'value.name': 'pen', 'value.quantity': '5' })
    expect(await logged()).toHaveLength(50 + 1 + 1)
    await admin.send(`${products}row/change/?key=1`, { 'value.quantity': '4' })
    expect((await logged()).map(({ action }) => action)).toEqual(['delete', 'add', 'change'])
    await admin.send(`${products}row/delete/?key=1`)
    expect(await logged()).toHaveLength(4)
  })

  describe('messages', () => {
    const letters = '/admin/tables/dead-letters/'
    beforeEach(async () => {
      await addPen()
      await shop.sql('insert into orders (product) values (1), (1)')
      await shop.sql("delete from makegood.inbox where state = 'dead'")
    })

    test('dead letters are listed with the reason, redriven by choice, and that is logged', async () => {
      const [first, second] = [await shop.deadLetter(1), await shop.deadLetter(2)]
      expect((await admin.get('/admin/')).text).toContain('2 dead letters')
      const list = await admin.get(letters)
      expect(list.rows).toHaveLength(2)
      expect(list.text).toContain('is refused <b>today</b>')
      shop.mend()
      expect((await admin.send(letters)).text).toContain('Nothing was chosen.')
      const seen = await admin.send(letters, { key: [first!, second!] })
      expect(seen.text).toContain('2 dead letters are tried again now.')
      await eventually(async () => {
        expect(await shop.sql("select order_id from orders where told = 'yes'")).toHaveLength(2)
      })
      expect((await admin.get(letters)).text).toContain('There is nothing in Dead letters yet.')
      expect((await logged()).map(({ action, row_key }) => [action, row_key]).sort()).toEqual(
        [first, second].map(key => ['redrive', key]).sort(),
      )
    })

    test('a dead letter is shown with its envelope, and redriven there; once', async () => {
      const key = await shop.deadLetter(1)
      shop.mend()
      const page = await admin.get(`${letters}row/?key=${encodeURIComponent(key)}`)
      expect(page.text).toContain('shop.orderMoved')
      const form = page.forms.at(-1)!
      expect((await admin.post(form.action, form.fields)).text).toContain('1 dead letter is tried again now.')
      await eventually(async () => expect(await shop.sql("select 1 from orders where told = 'yes'")).toHaveLength(1))
      expect((await admin.post(form.action, form.fields)).text).toContain('None of them was a dead letter any more.')
    })

    test('what is redriven is in the log before it is done, and is there too if it then cannot be', async () => {
      const key = await shop.deadLetter(1)
      await shop.sql(`create function refuse() returns trigger language plpgsql as $$ begin raise 'not now'; end $$`)
      await shop.sql('create trigger refused before update on makegood.inbox for each row execute function refuse()')
      const seen = await admin.send(letters, { key })
      await shop.sql('drop trigger refused on makegood.inbox')
      await shop.sql('drop function refuse')
      expect(seen.status).toBe(500)
      expect((await admin.get(letters)).rows).toHaveLength(1)
      expect((await logged()).map(({ action, row_key }) => [action, row_key])).toEqual([['redrive', key]])
    })

    test('what is in the outbox says where it is to go, whether it is being sent, and why not', async () => {
      const put = (id: string, claims: number, error: string | null) =>
        shop.sql(
          `insert into makegood.outbox (service, id, envelope, claimed_until, claims, error)
           values ('shop', $1, '{"address": "order.v1"}', now() + interval '1 hour', $2, $3)`,
          id,
          claims,
          error,
        )
      await put('held', 1, null)
      await put('unwanted', 3, 'Nobody takes order.v1.')
      const shown = async (query: string) =>
        (await admin.get(`/admin/tables/outbox/${query}`)).rows.map(row => row.slice(1, 4))
      expect(await shown('')).toEqual([
        ['order.v1', 'put off', '3'],
        ['order.v1', 'being sent', '1'],
      ])
      expect(await shown('?is.status=put off&sort=status')).toEqual([['order.v1', 'put off', '3']])
      expect((await admin.get('/admin/tables/outbox/row/?key=unwanted')).text).toContain('error Nobody takes order.v1.')
      await shop.sql("delete from makegood.outbox where id in ('held', 'unwanted')")
    })

    test('outbox, received and parked are there to be read', async () => {
      await shop.deadLetter(1)
      for (const name of ['outbox', 'received', 'parked', 'dead-letters']) {
        expect((await admin.get(`/admin/tables/${name}/`)).status).toBe(200)
        expect((await admin.get(`/admin/tables/${name}/add/`)).status).toBe(403)
      }
      expect((await admin.get('/admin/tables/received/?is.state=dead')).rows).toHaveLength(1)
    })
  })

  test('an address without its last slash leads to the one with it', async () => {
    expect((await admin.get('/admin/tables/products?q=x')).path).toBe(`${products}?q=x`)
    expect((await fetch(`${shop.url}/admin`)).status).toBe(200)
  })

  test('nothing of the site is in the documentation of the API, and its forms are not taken elsewhere', async () => {
    const { paths } = (await (await fetch(`${shop.url}/openapi.json`)).json()) as { paths: object }
    expect(Object.keys(paths).filter(path => path.startsWith('/admin'))).toEqual([])
  })
}
