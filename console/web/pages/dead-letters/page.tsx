import type { ReactNode } from 'react'
import { useRoute } from 'wouter'
import { Letter } from './letter.tsx'
import { Letters } from './letters.tsx'

export default function DeadLetters(): ReactNode {
  const [isOne] = useRoute('/dead-letters/letter')
  return isOne ? <Letter /> : <Letters />
}
