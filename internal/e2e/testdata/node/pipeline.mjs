// node pipeline.mjs PORT CONNECTIONS: undici's Pool, POST without retry one after the
// other on each connection, and up to ten at a time; until standard input ends, then
// one line of JSON says how it was. What undici repeats by itself are those of the
// ten that were not answered when a connection ended: they are told to be idempotent,
// else it would not send them so.
import { Pool } from 'undici'
import { setTimeout as pause } from 'node:timers/promises'

const [port, connections] = process.argv.slice(2).map(Number)
const out = { single: tally(), ten: tally() }
let over = false
process.stdin.resume().on('end', () => (over = true))

function tally() {
  return { ok: 0, failed: {}, versions: {} }
}

async function post(name, pool, idempotent, worker) {
  const t = out[name]
  for (let n = 1; !over; n++) {
    const body = `${name} ${worker} ${n}`
    try {
      const answer = await pool.request({ path: '/echo', method: 'POST', body, idempotent })
      const { echo, version } = await answer.body.json()
      if (echo !== body) throw new Error('echoed ' + echo)
      t.ok++
      t.versions[version] = (t.versions[version] || 0) + 1
    } catch (e) {
      const why = e.code || e.message
      t.failed[why] = (t.failed[why] || 0) + 1
    }
    await pause(80 * Math.random())
  }
}

const all = []
const one = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 })
const ten = new Pool(`http://127.0.0.1:${port}`, { connections: 2, pipelining: 10 })
for (let i = 0; i < connections; i++) all.push(post('single', one, false, i), post('ten', ten, true, i))
await Promise.all(all)
console.log(JSON.stringify(out))
process.exit()
