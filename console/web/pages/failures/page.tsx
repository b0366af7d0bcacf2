import type { ReactNode } from 'react'
import { useRoute } from 'wouter'
import { Groups } from './groups.tsx'
import { OneGroup } from './one-group.tsx'

export default function Failures(): ReactNode {
  const [, params] = useRoute('/failures/:service/:fingerprint')
  return params === null ? <Groups /> : <OneGroup key={params.fingerprint} {...params} />
}
