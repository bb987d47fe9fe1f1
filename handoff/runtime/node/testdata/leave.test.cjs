'use strict'
// How a kept connection leaves: what its client and the program see while hotswap has it.
const assert = require('assert')
const http = require('http')
const net = require('net')
const { once } = require('events')
const { Leave } = require('../js/drain/leave.cjs')

async function until(is) {
  for (const end = Date.now() + 20000; !is(); ) {
    assert.ok(Date.now() < end, 'too long')
    await new Promise((done) => setTimeout(done, 2))
  }
}

/** A client that has had an answer, and the server's side of its connection. */
async function connect(server) {
  const accepted = once(server, 'connection')
  const client = net.connect(server.address().port, '127.0.0.1').setEncoding('utf8')
  client.answers = 0
  client.ended = false
  client.on('data', (text) => (client.answers += text.split('hello').length - 1)).on('end', () => (client.ended = true)).on('error', () => {})
  client.ask = async () => {
    const want = client.answers + 1
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => client.answers === want)
  }
  const [[socket]] = await Promise.all([accepted, client.ask()])
  return { client, c: { server, socket, paused: false, leaving: false, stays: false } }
}

/** Has a connection leave, and plays the rest with it. */
async function leaves(play, may = () => true) {
  const server = http.createServer((req, res) => res.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { client, c } = await connect(server)
  const sent = []
  const leave = new Leave((message, handle, done) => sent.push({ message, done }), may)
  leave.add(c)
  await until(() => sent.length === 1)
  const { message, done } = sent[0]
  assert.deepStrictEqual([message.type, message.port, message.fresh], ['pass', server.address().port, false])
  const other = await connect(server)
  await play({ client, c, leave, done, message, settle: () => other.client.ask() })
  client.destroy()
  other.client.destroy()
  server.close()
}

const tests = {
  async 'the program ends it meanwhile'() {
    await leaves(async ({ client, c, leave, done, message, settle }) => {
      c.socket.end()
      await settle()
      assert.strictEqual(client.ended, false)
      done()
      leave.passed({ id: message.id })
      await until(() => client.ended) // no other process has it here
    })
  },
  async 'the program destroys it before it is sent'() {
    await leaves(async ({ client, c, done, settle }) => {
      c.socket.destroy()
      await settle()
      assert.strictEqual(client.ended, false)
      done()
      await until(() => client.ended)
    })
  },
  async 'nobody takes it'() {
    await leaves(async ({ client, c, leave, done, message }) => {
      done()
      leave.passed({ id: message.id, error: 'nobody serves there' })
      assert.deepStrictEqual([c.leaving, c.stays], [false, true])
      await client.ask()
      c.socket.end()
      await until(() => client.ended)
    })
  },
  async 'this process serves again'() {
    let serves = false
    await leaves(async ({ client, c, leave, done, message }) => {
      done()
      serves = true
      leave.passed({ id: message.id, error: 'the generation serves again' })
      assert.deepStrictEqual([c.leaving, c.stays], [false, false])
      await client.ask()
    }, () => !serves)
  },
  async 'hotswap goes'() {
    await leaves(async ({ client, leave, done }) => {
      done()
      leave.end()
      await until(() => client.ended) // another process may have it
    })
  },
}

async function main() {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test()
    } catch (e) {
      console.error(`FAIL ${name}: ${e.stack}`)
      process.exitCode = 1
    }
  }
}

main()
