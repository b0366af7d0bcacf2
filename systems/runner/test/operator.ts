const token = 'of-an-operator-whom-only-the-tests-know'

/** Somebody who may see what operators see: what services are told of them, and what they show themselves. */
export const operator = {
  variables: { OPERATIONS: 'on', OPERATIONS_TOKENS: `tests:operator:${token}` },
  headers: { authorization: `Bearer ${token}` },
} as const
