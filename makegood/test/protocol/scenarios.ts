import { type Scenario, scenario } from './scenario.ts'

/** What is explored with every check: small enough for seconds, and each rule has one in which it is needed. */
export const usual: readonly Scenario[] = [
  // One step, and everything that can become of it.
  scenario('C', { redrives: 1, retries: 1 }),
  scenario('Cc', { redrives: 1, retries: 1 }),
  scenario('C?', { redrives: 1, retries: 1 }),
  scenario('C?c', { redrives: 1, retries: 1 }),
  scenario('C*', { redrives: 1, retries: 1 }),
  scenario('C*c', { redrives: 1 }),
  scenario('P', { redrives: 1, retries: 2 }),
  scenario('Pc', { redrives: 1, retries: 1 }),
  scenario('R', { redrives: 1, retries: 1 }),
  scenario('Rc', { redrives: 1, retries: 1 }),
  scenario('B', { redrives: 1, retries: 1 }),

  // Steps after each other.
  scenario('C C', { redrives: 1, retries: 1 }),
  scenario('Cc C', { retries: 1 }),
  scenario('C P R', { redrives: 1 }),
  scenario('P R', { redrives: 1, retries: 1 }),
  scenario('C Rc', { redrives: 1, retries: 1 }),
  scenario('C- C', { redrives: 1 }),
  scenario('C? C?', { redrives: 1 }),
  scenario('C B C', { redrives: 1 }),

  // Steps beside each other.
  scenario('(C C)', { redrives: 1 }),
  scenario('(C Cc)'),
  scenario('(C C?) P'),
  scenario('C (C C)'),
  scenario('(C B) C', { emptied: 1 }),
  scenario('P (R R)'),

  // The broker's disk is lost.
  scenario('C R', { emptied: 1 }),
  scenario('Cc P', { emptied: 1 }),
  scenario('C? C', { emptied: 1 }),

  // Thirty days go by.
  scenario('C', { windows: 1, compensates: 1, redrives: 1 }),
  scenario('C', { windows: 1, emptied: 1, retries: 1 }),
  scenario('Cc', { windows: 1, emptied: 1 }),
  scenario('C?', { windows: 1, emptied: 1 }),
  scenario('C C', { windows: 1 }),
  scenario('P R', { windows: 1, emptied: 1 }),

  // Operators, and the saga's own deadline.
  scenario('C C', { compensates: 1, retries: 1 }),
  scenario('Cc? C', { compensates: 1 }),
  scenario('C P R', { compensates: 1, deadlines: 1 }),
  scenario('C P', { abandons: 1, retries: 1, redrives: 1 }),
  scenario('C R', { silences: 1, retries: 1 }),
  scenario('C?', { silences: 2 }),

  // Processes that lose their lease and live on; messages that may have ended a process before.
  scenario('Cc', { zombies: 1, redrives: 1 }),
  scenario('Rc', { zombies: 1, retries: 1 }),
  scenario('C', { zombies: 2, redrives: 1 }),
  scenario('C C', { redelivered: true }),
  scenario('C?c', { redelivered: true }),
  scenario('C', { redelivered: true, windows: 1 }),

  // Compensations that the business refuses.
  scenario('C', { compensationsFail: true, redrives: 1, retries: 1 }),
  scenario('Cc', { compensationsFail: true, retries: 1 }),
  scenario('(C C)', { compensationsFail: true }),

  // A wire on which nobody can be asked to close.
  scenario('C C', { canClose: false, redrives: 1, retries: 1 }),
  scenario('Cc P', { canClose: false, redrives: 1 }),
  scenario('C?', { canClose: false, redrives: 1 }),
  scenario('C*', { canClose: false, redrives: 1 }),
]

/** The same with more misfortune at a time: minutes. */
export const large: readonly Scenario[] = [
  scenario('Cc C', { redrives: 1, retries: 2 }),
  scenario('Cc P Rc', { redrives: 1, retries: 1, emptied: 1 }),
  scenario('Cc C', { redrives: 2, retries: 1, emptied: 1 }),
  scenario('Cc', { redrives: 2, retries: 2, emptied: 1 }),
  scenario('Cc', { redrives: 1, retries: 1, windows: 1, compensates: 1 }),
  scenario('Cc', { redrives: 1, retries: 1, zombies: 2 }),
  scenario('C Cc', { windows: 1, compensates: 1, redrives: 1 }),
  scenario('(Cc C) P R', { redrives: 1 }),
  scenario('(C C C)', { redrives: 1 }),
  scenario('C?c C? P', { redrives: 1, retries: 1 }),
  scenario('C P Rc', { redrives: 1, emptied: 1, windows: 1 }),
]
