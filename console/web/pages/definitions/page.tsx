import type { ReactNode } from 'react'
import { useRoute } from 'wouter'
import { AllDefinitions } from './all-definitions.tsx'
import { OneDefinition } from './one-definition.tsx'

export default function Definitions(): ReactNode {
  const [, params] = useRoute('/definitions/:name')
  return params === null ? <AllDefinitions /> : <OneDefinition name={params.name} />
}
