'use strict'
// Each internal shape of Node that the adapter uses is taken away in turn: the program
// serves, the group of features that needs the shape is off, and no other.
const assert = require('assert')
const { spawn } = require('child_process')
const fs = require('fs')
const http = require('http')
const net = require('net')
const path = require('path')

const folder = fs.realpathSync(process.argv[2])
const scratch = fs.mkdtempSync(path.join(process.argv[3], 'i'))
const MODULES = 'standbys and the list of loaded files',
  CONNECTIONS = 'handing connections over'

fs.writeFileSync(
  path.join(scratch, 'server.js'),
  `
const server = require('http').createServer((req, res) => { res.setHeader('x', 'y'); res.end('pong') })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`,
)

const get = (port, agent) =>
  new Promise((done, failed) => {
    http
      .get({ port, host: '127.0.0.1', agent }, (res) => {
        let text = ''
        res
          .on('data', (b) => (text += b))
          .on('end', () => done({ text, connection: res.headers.connection, x: res.headers.x }))
      })
      .on('error', failed)
  })

async function until(what, is) {
  for (let i = 0; i < 1000; i++) {
    if (is()) return
    await new Promise((done) => setTimeout(done, 10))
  }
  throw new Error('too long: ' + what)
}

async function test(shape, n) {
  // The socket has the name of the adapter's folder.
  const dir = path.join(scratch, String(n))
  fs.mkdirSync(dir)
  const messages = []
  let send
  const hotswap = net.createServer((conn) => {
    let rest = ''
    send = (m) => conn.write(JSON.stringify(m) + '\n')
    conn
      .setEncoding('utf8')
      .on('error', () => {})
      .on('data', (text) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop()
        for (const line of lines) {
          messages.push(JSON.parse(line))
        }
      })
  })
  await new Promise((done) => hotswap.listen(path.join(dir, path.basename(folder)), done))
  const child = spawn(
    process.execPath,
    ['--require', path.join(__dirname, 'break.cjs'), '--require', path.join(folder, 'adapter.cjs'), 'server.js'],
    {
      cwd: scratch,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: Object.assign({}, process.env, {
        HOTSWAP_WIRE: path.join(dir, path.basename(folder)),
        HOTSWAP_NODE_WEBSOCKET: 'keep',
        BREAK: shape,
        BREAK_FOR: folder,
      }),
    },
  )
  try {
    const port = await new Promise((done) => child.stdout.once('data', (b) => done(Number(b))))
    const agent = new http.Agent({ keepAlive: true })
    assert.strictEqual((await get(port, agent)).text, 'pong')
    await until('hello', () => send && messages.length > 0)
    send({ type: 'files', seq: 1 })
    await until('files', () => messages.some((m) => m.type === 'files' && m.done))
    const want = shape === '' ? [] : shape.startsWith('Module') ? [MODULES] : [CONNECTIONS]
    send({ type: 'drain' })
    await until('state', () => messages.some((m) => m.type === 'state'))
    const answer = await get(port, agent)
    agent.destroy()
    assert.deepStrictEqual(
      messages.filter((m) => m.type === 'off').map((m) => m.feature),
      want,
    )
    if (shape) assert.strictEqual(messages.find((m) => m.type === 'off').what, shape)
    const { holdable, exact } = messages.find((m) => m.type === 'files' && m.done)
    assert.deepStrictEqual({ holdable, exact }, { holdable: !want.includes(MODULES), exact: !want.includes(MODULES) })
    assert.deepStrictEqual(answer, {
      text: 'pong',
      connection: want.includes(CONNECTIONS) ? 'keep-alive' : 'close',
      x: 'y',
    })
  } finally {
    child.kill('SIGKILL')
    hotswap.close()
  }
}

async function main() {
  const shapes = ['', ...require('./break.cjs')]
  for (const [n, shape] of shapes.entries()) {
    try {
      await test(shape, n)
    } catch (e) {
      console.error(`FAIL ${process.version} without ${shape || 'a break'}: ${e.stack}`)
      process.exitCode = 1
    }
  }
  console.log(`${shapes.length - 1} shapes`)
  process.exit()
}

main()
