import { type Figure, measureSetUp } from './measure-set-up.ts'
import { optionsOrEnd, readOptions, usage } from './options.ts'
import { rowHeads, rowOf } from './report/figures.ts'
import { profileReport } from './report/profile.ts'
import { writeResults } from './report/results.ts'
import { startServers } from './servers.ts'

// npm run bench: all set-ups in turn, round by round, and what came of it.
const options = optionsOrEnd(readOptions, usage)
const servers = await startServers(options.setUps)
const figures: Figure[] = []
try {
  console.log(rowHeads)
  for (let round = 1; round <= options.rounds; round++) {
    for (const setUp of servers.setUps) {
      try {
        for await (const figure of measureSetUp(setUp, round, servers, options)) {
          figures.push(figure)
          console.log(rowOf(figure))
          if (figure.profile) console.log(profileReport(figure))
        }
      } catch (error) {
        console.error(`${setUp.name}, round ${round}: FAILED`, error)
        process.exitCode = 1
      }
    }
  }
  if (figures.some(({ fault }) => fault !== undefined)) process.exitCode = 1
  if (options.write !== 'nothing' && figures.length > 0) {
    console.log(await writeResults(figures, options, servers.versions))
  }
} finally {
  await servers.stop()
}
