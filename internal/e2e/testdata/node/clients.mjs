// node clients.mjs PORT POSTERS: clients as programs in Node are, until standard
// input ends; then one line of JSON says how it was. Nobody tries anything again.
import http from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

const [port, posters] = process.argv.slice(2)
const out = { agent: tally(), fetch: tally() }
let over = false
process.stdin.resume().on('end', () => (over = true))

function tally() {
  return { ok: 0, failed: {}, versions: {} }
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
function byAgent(body) {
  return new Promise((done, fail) => {
    const r = http.request({ port, host: '127.0.0.1', agent, method: 'POST', path: '/echo', headers: { 'Content-Length': body.length } }, (res) => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', (d) => (text += d))
      res.on('end', () => done(text))
      res.on('error', fail)
    })
    r.on('error', fail)
    r.end(body)
  })
}
const byFetch = async (body) => (await fetch(`http://127.0.0.1:${port}/echo`, { method: 'POST', body })).text()

async function post(name, ask, worker) {
  for (let n = 1; !over; n++) {
    const t = out[name]
    const body = `${name} ${worker} ${n}`
    try {
      const answer = JSON.parse(await ask(body))
      if (answer.echo !== body) throw new Error('echoed ' + answer.echo)
      t.ok++
      t.versions[answer.version] = (t.versions[answer.version] || 0) + 1
    } catch (e) {
      const why = (e.cause && e.cause.code) || e.code || e.message
      t.failed[why] = (t.failed[why] || 0) + 1
    }
    await pause(80 * Math.random())
  }
}

const all = []
for (let i = 0; i < Number(posters); i++) all.push(post('agent', byAgent, i), post('fetch', byFetch, i))
await Promise.all(all)
console.log(JSON.stringify(out))
process.exit()
