import type { ReactNode } from 'react'
import { useRoute } from 'wouter'
import { AllRunbooks } from './all-runbooks.tsx'
import { OneRunbook } from './one-runbook.tsx'

export default function Runbooks(): ReactNode {
  const [, params] = useRoute('/runbooks/:name')
  return params === null ? <AllRunbooks /> : <OneRunbook name={params.name} />
}
