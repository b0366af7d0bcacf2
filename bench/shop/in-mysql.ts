import type { MysqlClient } from 'makegood'
import type { Db } from './steps.ts'

/**
 * The shop's statements in MySQL's dialect: values stand in the order of their places, and as there is no `returning`,
 * an empty row stands for each that was changed.
 */
export function inMysql(client: MysqlClient): Db {
  return {
    query: async (text, values = []) => {
      const placed: unknown[] = []
      const sql = text.replace(/\s+returning \w+$/, '').replace(/\$(\d)/g, (_, number) => {
        placed.push(values[Number(number) - 1])
        return '?'
      })
      const [answer] = await client.execute<unknown[] | { readonly affectedRows: number }>(sql, placed)
      return { rows: Array.isArray(answer) ? answer : Array.from({ length: answer.affectedRows }, () => ({})) }
    },
  }
}
