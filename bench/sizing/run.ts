import { needOf } from './calculate.ts'
import { measuredOf } from './measured.ts'
import { readSizingOptions, type SizingOptions, usage } from './options.ts'
import { headingOf, needTable, tablesOf, writeTables } from './page.ts'
import { sized } from './set-ups.ts'

// npm run bench -- sizing: what a load needs, calculated from what the benchmark measured last.
const { write, inFlight, ...wanted } = optionsOrEnd()
const measured = await measuredOf(sized, inFlight)
console.log(`${headingOf(wanted)}, ${wanted.steps} steps, ${wanted.daysKept} days kept\n`)
console.log(needTable(measured.map(cost => needOf(cost, wanted))))
if (write) {
  await writeTables(tablesOf(measured, wanted))
  console.log('\nWritten: the tables of docs/sizing.md')
}

function optionsOrEnd(): SizingOptions {
  try {
    return readSizingOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
