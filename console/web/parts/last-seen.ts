import { useState } from 'react'

/** What is there, or was there last: for a dialog that goes on with what it has made disappear. */
export function useLastSeen<Value>(value: Value | undefined): Value | undefined {
  const [last, setLast] = useState(value)
  if (value !== undefined && value !== last) setLast(value)
  return value ?? last
}
