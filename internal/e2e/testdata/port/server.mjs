// A server that finds its port as FIND says, in the ways of npm packages, and listens at 127.0.0.1.
import { createServer } from 'node:http'
import { createServer as listener } from 'node:net'
import { spawn } from 'node:child_process'
import { version } from './version.mjs'

const wanted = Number(process.env.PORT)

// tried returns the port if it is free, as a listener shows that is closed again.
const tried = (port, ...hosts) => hosts.reduce(async (before, host) => (await before) && new Promise((done) => {
  const l = listener().once('error', () => done(false)).listen({ port, host }, () => {
    const at = l.address().port
    l.close(() => done(at))
  })
}), Promise.resolve(true))

async function firstFree(...hosts) {
  for (let port = wanted; ; port++) {
    if (await tried(port, ...hosts)) return port
  }
}

const find = {
  number: () => wanted, // or the next one, if that is in use: Vite, Next
  wildcards: () => firstFree('0.0.0.0', '::'), // detect-port
  child: () => firstFree('0.0.0.0'),
}

const port = await find[process.env.FIND]()
if (process.env.FIND === 'child') {
  spawn(process.execPath, [import.meta.filename ?? process.argv[1]], { env: { ...process.env, FIND: 'number', PORT: port }, stdio: 'inherit' })
} else {
  const server = createServer((request, response) => {
    let sent = ''
    request.on('data', (data) => (sent += data)).on('end', () => {
      const answer = request.method === 'POST' ? { echo: sent } : { pong: true }
      const { searchParams } = new URL(request.url, 'http://localhost')
      setTimeout(() => response.end(JSON.stringify({ ...answer, version, pid: process.pid })), searchParams.get('ms') ?? 0)
    })
  })
  let next = port
  server.on('error', (error) => {
    if (error.code !== 'EADDRINUSE') throw error
    server.listen(++next, '127.0.0.1')
  }).listen(next, '127.0.0.1')
}
