// Shows the documented customer's orders as they go their way. No framework, no build: read it from top to bottom.

const customer = '123e4567-e89b-12d3-a456-426614174000'
const shipping_address = { street: '123 Main St', city: 'New York', state: 'NY', zip_code: '10001', country: 'USA' }
const laptop = { product_id: '550e8400-e29b-41d4-a716-446655440001', quantity: 2, price: 1299.99 }

const ordersToPlace = [
  ['Two laptops', laptop],
  ['A thousand laptops', { ...laptop, quantity: 1000 }],
  ['Two laptops, too cheap', { ...laptop, price: 999.99 }],
  ['What nobody sells', { ...laptop, product_id: '550e8400-e29b-41d4-a716-446655440009' }],
]

const switches = [
  ['paymentFailureRate', 'payments'],
  ['refundFailureRate', 'refunds'],
  ['shippingFailureRate', 'shipments'],
  ['notificationFailureRate', 'notifications'],
]

const steps = ['payment', 'inventory', 'shipping', 'notification']
const ended = new Set(['completed', 'cancelled'])
/** Sagas of orders that have ended, by order: they change no more, unless an operator steps in. */
const known = new Map()

showWayToPlace()
showSurroundings()
watch()

function showWayToPlace() {
  const buttons = ordersToPlace.map(([title, item]) => {
    const button = element('button', { type: 'button', textContent: title })
    button.addEventListener('click', () => attempt(() => place(item)))
    return button
  })
  byId('orders-to-place').append(...buttons)
}

async function place(item) {
  await ask('/api/v1/orders', { method: 'POST', body: { customer_id: customer, items: [item], shipping_address } })
  await draw()
}

async function showSurroundings() {
  const { data } = await ask('/page/surroundings')
  for (const { name, url } of data.services)
    byId('services').append(element('a', { href: `${url}/docs`, textContent: name }))
  if (data.switches === undefined) return
  byId('switches').hidden = false
  for (const [name, title] of switches) {
    const box = element('input', { type: 'checkbox', checked: data.switches[name] === 1 })
    box.addEventListener('change', () => attempt(() => turn(name, box.checked ? 1 : 0)))
    const label = element('label')
    label.append(box, ` ${title}`)
    byId('switches').append(label)
  }
}

function turn(name, rate) {
  return ask('/page/switches', { method: 'PUT', body: { [name]: rate } })
}

async function watch() {
  for (;;) {
    const isQuiet = await draw().catch(show)
    await new Promise(resolve => setTimeout(resolve, isQuiet ? 1_500 : 300))
  }
}

/** Resolves with whether all orders have ended. */
async function draw() {
  const { data } = await ask(`/api/v1/customers/${customer}/orders?limit=25`)
  const rows = await Promise.all(data.orders.map(async order => row(order, await sagaOf(order))))
  byId('orders').replaceChildren(...rows)
  byId('count').textContent = data.pagination.total === 0 ? '' : `${data.pagination.total} in all`
  byId('empty').hidden = rows.length > 0
  return data.orders.every(order => ended.has(order.status))
}

async function sagaOf({ id, status, updated_at }) {
  const key = `${id} ${status} ${updated_at}`
  if (known.has(key)) return known.get(key)
  const { data } = await ask(`/api/v1/orders/${id}/saga`)
  if (ended.has(status) && /^comp.*ed$/.test(data.status)) known.set(key, data)
  return data
}

function row(order, saga) {
  const line = element('tr')
  const name = cell('')
  name.append(element('code', { textContent: order.id.slice(-12) }), small(what(order)))
  const total = cell(order.total_amount.toFixed(2), 'number')
  const status = cell(order.status, order.status)
  if (order.failure_reason) status.append(small(order.failure_reason))
  line.append(name, total, ...steps.map(step => stepCell(step, saga)), status)
  return line
}

function stepCell(name, saga) {
  const step = saga.steps.find(step => step.name === name)
  const back = saga.compensations.find(step => step.name === name)
  if (step === undefined) return cell('–')
  const isOver = saga.status === 'abandoned'
  if (back !== undefined) {
    if (back.outcome === 'succeeded') return cell('made good', 'undone')
    return isOver || back.outcome === 'skipped' ? cell('left as it was') : cell('being made good…', 'open')
  }
  if (isOver && step.outcome === 'open') return cell('given up')
  const shown = cell(step.outcome === 'open' ? '…' : step.outcome, step.outcome)
  if (step.ended_at) shown.append(small(`${Date.parse(step.ended_at) - Date.parse(step.started_at)} ms`))
  return shown
}

function what({ items }) {
  const pieces = items.reduce((sum, { quantity }) => sum + quantity, 0)
  return `${pieces} ${pieces === 1 ? 'piece' : 'pieces'}`
}

async function attempt(work) {
  await work().then(() => show(undefined), show)
}

function show(error) {
  byId('trouble').textContent = error?.message ?? ''
}

async function ask(path, { method = 'GET', body } = {}) {
  const response = await fetch(path, { method, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error('The order service does not answer.')
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.message)
  return answer
}

function byId(id) {
  return document.getElementById(id)
}

function cell(text, kind = '') {
  return element('td', { textContent: text, className: kind })
}

function small(text) {
  return element('small', { textContent: text })
}

function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties)
}
