// Adds rows until its standard input ends, and wants every acknowledged one to be there, and no start without a save.
// --only: no rows, the starts alone. A second of quick rows is followed by one without any.
import { setTimeout as pause } from 'node:timers/promises'
import { ask, ended, judge } from './seen.mjs'

const rows = !process.argv.includes('--only')
const acknowledged = []
for (let id = 1; !ended(); id++) {
  await pause(id % 20 ? 50 : 1000)
  if (await ask(rows ? `/rows?id=${id}` : '/ping', rows ? 'POST' : 'GET')) acknowledged.push(id)
}
let missing = rows ? acknowledged : []
for (let tries = 0; missing.length && tries < 10; tries++) {
  await pause(300)
  const there = new Set(await ask('/rows', 'GET') || [])
  missing = acknowledged.filter((id) => !there.has(id))
}
judge(rows ? `${acknowledged.length - missing.length} of ${acknowledged.length} rows` : '', missing.length)
