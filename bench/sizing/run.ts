import { optionsOrEnd } from '../options.ts'
import { needOf } from './calculate.ts'
import { measuredOf } from './measured.ts'
import { readSizingOptions, usage } from './options.ts'
import { headingOf, needTable, tablesOf, writeTables } from './page.ts'
import { sized } from './set-ups.ts'

// npm run bench -- sizing: what a load needs, calculated from what the benchmark measured last.
const { write, inFlight, ...wanted } = optionsOrEnd(readSizingOptions, usage)
const measured = await measuredOf(sized, inFlight)
console.log(`${headingOf(wanted)}, ${wanted.steps} steps, ${wanted.daysKept} days kept\n`)
console.log(needTable(measured.map(cost => needOf(cost, wanted))))
if (write) {
  await writeTables(tablesOf(measured, wanted))
  console.log('\nWritten: the tables of docs/sizing.md')
}
