// node clients.mjs PORT POSTERS WEBSOCKETS [PATH]: clients as programs in Node are,
// until standard input ends; then one line of JSON says how it was. Nobody tries
// anything again. ws is the project's in the current folder.
import http from 'node:http'
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'

const [port, posters, sockets, path = '/internal/cdc'] = process.argv.slice(2)
const { WebSocket } = Number(sockets) ? createRequire(process.cwd() + '/')('ws') : {}
const out = { agent: tally(), fetch: tally(), ws: { opened: 0, messages: 0, closes: {}, back: [] } }
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
    await pause(10)
  }
}

async function listen() {
  let closedAt = 0
  while (!over) {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    const speak = setInterval(() => ws.readyState === 1 && ws.send('hello'), 40)
    const code = await new Promise((done) => {
      ws.on('open', () => out.ws.opened++)
      ws.on('message', () => {
        out.ws.messages++
        if (closedAt) out.ws.back.push(performance.now() - closedAt)
        closedAt = 0
        if (over) done(0)
      })
      ws.on('error', (e) => done(e.code || e.message))
      ws.on('close', (code) => done(code))
    })
    clearInterval(speak)
    if (code === 0) return ws.terminate()
    closedAt = performance.now()
    out.ws.closes[code] = (out.ws.closes[code] || 0) + 1
  }
}

const all = []
for (let i = 0; i < Number(posters); i++) all.push(post('agent', byAgent, i), post('fetch', byFetch, i))
for (let i = 0; i < Number(sockets); i++) all.push(listen())
await Promise.all(all)
console.log(JSON.stringify(out))
process.exit()
