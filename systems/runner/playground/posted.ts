/** How long a service may take to answer a request that places an order. */
const answerMsMax = 15_000

/** What a service answers to a request with this body, and whether it did what it was asked. */
export async function posted<Body>(url: string, body: object): Promise<{ readonly ok: boolean; readonly body: Body }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(answerMsMax),
  })
  return { ok: response.ok, body: (await response.json()) as Body }
}
