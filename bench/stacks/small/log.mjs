// Rows in a file that is only appended to.
import { appendFile, readFile } from 'node:fs/promises'

export const add = (id) => appendFile('rows.log', `${id}\n`)
export const list = async () => (await readFile('rows.log', 'utf8')).trim().split('\n').map(Number)
