import { type Command, Option } from 'commander'
import { type Part, refusesCaller, type Unreachable } from '../operations/client.ts'
import type { ServiceView } from '../operations/contract.ts'
import { type Finding, findingsOn } from '../operations/findings.ts'
import { asks } from './asking.ts'
import { type Compared, compare, findingsIn } from './comparing.ts'
import { runbookAt } from './runbook.ts'
import { timeBefore } from './saga-query.ts'
import { exitOf } from './said.ts'
import { type Desk, exits, nowOf } from './terminal.ts'
import { bold, cyan, dim, green, lines, red, type Text, text } from './text.ts'

export function doctorCommand(desk: Desk, makegood: Command): void {
  const doctor = makegood
    .command('doctor')
    .description(
      'Look for what is wrong with a deployment, and say what to do. Ends with 1 if something needs a person.',
    )
    .addOption(
      new Option(
        '--since <time>',
        'after a restore: also compare what sagas begun since then say was done with what each service has on record; 2026-01-31T09:00Z, or 30min, 2h, 7d ago',
      ).argParser(timeBefore(() => nowOf(desk.terminal))),
    )
  asks<DoctorFlags>(desk, doctor, async work => {
    const { client, flags } = work
    const [{ services, unreachable }, { callers }] = await Promise.all([client.services(), client.me()])
    const examined = [...services.map(examine), ...unreachable.map(absence)]
    const compared = flags.since === undefined ? undefined : await compare(work, flags.since)
    const forgotten = compared === undefined ? [] : findingsIn(compared)
    const isWell = examined.every(({ findings }) => findings.length === 0) && forgotten.length === 0
    return {
      document: { well: isWell, callers, services: examined, ...(compared && { compared }) },
      page: lines(
        ...examined.map(examinedText),
        ...(compared === undefined ? [] : [comparedText(compared, forgotten)]),
      ),
      exit: exitOf([...unreachable, ...(compared?.unreachable ?? [])]) || (isWell ? exits.done : exits.refused),
    }
  })
}

interface DoctorFlags {
  readonly since?: string
}

interface Examined {
  /** Null for an address of which it is not known who should answer there. */
  readonly service: string | null
  readonly url: string
  readonly findings: readonly Finding[]
}

function examine(process: Part<ServiceView>): Examined {
  return { service: process.service, url: process.url, findings: findingsOn(process) }
}

function absence(unreachable: Unreachable): Examined {
  const { url, says } = unreachable
  const finding = refusesCaller(unreachable)
    ? { says: `It refuses you: ${says}`, todo: 'Give a token that it knows, by --token-file.', runbook: 'service-away' }
    : { says: `It is away: ${says}`, todo: 'Start it, or mend the address.', runbook: 'service-away' }
  return { service: null, url, findings: [finding] }
}

function examinedText({ service, url, findings }: Examined): Text {
  const title = text`${service === null ? text`` : text`${bold(service)}  `}${dim(url)}`
  return findingsText(title, findings)
}

function comparedText({ sagas }: Compared, forgotten: readonly Finding[]): Text {
  return findingsText(text`${bold('compared')}  ${dim(`${sagas} sagas`)}`, forgotten)
}

function findingsText(title: Text, findings: readonly Finding[]): Text {
  if (findings.length === 0) return text`${green('✓')} ${title}`
  return lines(
    text`${red('✗')} ${title}`,
    ...findings.flatMap(({ says, todo, runbook }) => [
      text`    ${red(says)}`,
      text`      ${cyan(todo)}`,
      text`      ${dim(runbookAt(runbook))}`,
    ]),
  )
}
