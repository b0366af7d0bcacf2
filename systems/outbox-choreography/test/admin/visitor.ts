/** Who reads pages and sends forms as a browser does: with its cookies, following where it is sent. */
export class Visitor {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>
  readonly cookies = new Map<string, string>()

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url
    this.#headers = headers
  }

  get(path: string): Promise<Seen> {
    return this.#ask(path, { method: 'GET' })
  }

  /** Loads the page, fills its last form in, and sends it. */
  async send(path: string, fields: Fields = {}): Promise<Seen> {
    const page = await this.get(path)
    const form = page.forms.at(-1)
    if (form === undefined) throw new Error(`There is no form on ${path}:\n${page.html}`)
    return this.post(form.action || page.path, { ...form.fields, ...fields })
  }

  post(path: string, fields: Fields): Promise<Seen> {
    const body = new URLSearchParams()
    for (const [name, value] of Object.entries(fields)) {
      for (const each of [value].flat()) if (each !== undefined) body.append(name, each)
    }
    return this.#ask(path, { method: 'POST', body })
  }

  signIn(user = 'admin', password = 'admin', path = '/admin/login/'): Promise<Seen> {
    return this.send(path, { user, password })
  }

  async #ask(path: string, request: RequestInit, from = 0): Promise<Seen> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(`${this.#url}${path}`, {
      ...request,
      headers: { cookie, ...this.#headers },
      redirect: 'manual',
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value === '') this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    }
    const location = response.headers.get('location')
    if (location !== null && from < 5) return this.#ask(location, { method: 'GET' }, from + 1)
    return new Seen(path, response, await response.text())
  }
}

export interface Fields {
  readonly [name: string]: string | readonly string[] | undefined
}

/** A page as it came. */
export class Seen {
  readonly path: string
  readonly status: number
  readonly headers: Headers
  readonly html: string

  constructor(path: string, { status, headers }: Response, html: string) {
    this.path = path
    this.status = status
    this.headers = headers
    this.html = html
  }

  /** What a person reads of its content. */
  get text(): string {
    return readable(this.html.slice(this.html.indexOf('<main')))
  }

  get title(): string {
    return readable(/<h1>(.*?)<\/h1>/s.exec(this.html)?.[1] ?? '')
  }

  /** The rows of its table, column by column. */
  get rows(): string[][] {
    const body = /<tbody>(.*?)<\/tbody>/s.exec(this.html)?.[1] ?? ''
    return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
      [...row!.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell]) => readable(cell!)),
    )
  }

  get forms(): { readonly action: string; readonly fields: Record<string, string> }[] {
    return [...this.html.matchAll(/<form method="post"(?: action="([^"]*)")?[^>]*>(.*?)<\/form>/gs)].map(
      ([, action = '', form = '']) => ({ action, fields: fieldsIn(form) }),
    )
  }

  /** The choices of a select. */
  choices(name: string): string[] {
    const select = new RegExp(`<select[^>]* name="${name}"[^>]*>(.*?)</select>`, 's').exec(this.html)?.[1] ?? ''
    return [...select.matchAll(/<option value="([^"]*)"/g)].map(([, value]) => value!)
  }
}

function fieldsIn(form: string): Record<string, string> {
  const inputs = [...form.matchAll(/<input([^>]*)>/g)]
    .filter(([, attributes]) => !attributes!.includes('type="checkbox"'))
    .map(([, attributes]) => [attribute(attributes!, 'name'), attribute(attributes!, 'value')])
  const areas = [...form.matchAll(/<textarea([^>]*)>\n?(.*?)<\/textarea>/gs)].map(([, attributes, value]) => [
    attribute(attributes!, 'name'),
    decoded(value!),
  ])
  const selects = [...form.matchAll(/<select([^>]*)>(.*?)<\/select>/gs)].map(([, attributes, options]) => [
    attribute(attributes!, 'name'),
    decoded((/value="([^"]*)" selected/.exec(options!) ?? /value="([^"]*)"/.exec(options!))?.[1] ?? ''),
  ])
  return Object.fromEntries([...inputs, ...areas, ...selects])
}

function attribute(attributes: string, name: string): string {
  return decoded(new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')
}

function readable(html: string): string {
  return decoded(html.replace(/<\/?(?:a|b|span|strong|time)\b[^>]*>/g, '').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
}

function decoded(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}
