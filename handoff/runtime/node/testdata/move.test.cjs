'use strict'
// What is kept of a WebSocket, and what becomes of one that is not moved.
const assert = require('assert')

process.env.HOTSWAP_NODE_WEBSOCKET = 'keep'
const timers = require('timers')
let now = 0
process.hrtime.bigint = () => BigInt(now * 1e6)
let later = []
timers.setTimeout = (f, ms) => {
  const timer = { f, at: now + ms, unref: () => timer }
  later.push(timer)
  return timer
}
timers.setImmediate = (f) => timers.setTimeout(f, 0)
timers.clearTimeout = (timer) => (later = later.filter((t) => t !== timer))
/** Lets time pass until there is nothing to wait for. */
function pass() {
  while (later.length > 0) {
    const next = later.reduce((a, b) => (b.at < a.at ? b : a))
    later = later.filter((t) => t !== next)
    now = Math.max(now, next.at)
    next.f()
  }
}

const { accepts } = require('../../js/drain/moving.cjs')
const { Adoption } = require('../../js/websocket/adopt.cjs')
const { follow } = require('../../js/websocket/client-stream.cjs')
const { Move } = require('../../js/websocket/move.cjs')
const { WebSocket } = require('../../js/websocket/websocket.cjs')

class TCP {
  constructor() {
    Object.assign(this, { reading: true, writeQueueSize: 0 })
  }
  readStart() {
    this.reading = true
  }
  readStop() {
    this.reading = false
  }
}

/** A WebSocket whose client speaks by the socket's push; begun is a part of a message. */
function websocket(...begun) {
  const socket = {
    _handle: new TCP(),
    destroyed: false,
    writable: true,
    readableLength: 0,
    writableLength: 0,
    sent: [],
  }
  Object.setPrototypeOf(socket, {
    push: () => true,
    write: (b) => socket.sent.push(b),
    end() {},
    destroySoon() {},
    destroy() {
      socket.destroyed = true
    },
  })
  const stream = follow({ method: 'GET', url: '/feed', httpVersion: '1.1', rawHeaders: [] }, socket, null, undefined)
  const w = new WebSocket(socket, stream)
  socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  for (const b of begun) socket.push(b)
  return w
}

function frame(text) {
  const b = Buffer.from([0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  b.writeUInt32BE(text.length, 6)
  return Buffer.concat([b, Buffer.from(text)])
}

const tests = {
  'a long error of onHandoff is told in short'() {
    const said = [],
      w = websocket()
    w.stream.onHandoff = () => {
      throw new Error('x'.repeat(2 ** 20))
    }
    new Move(w, { code: 1012, reason: '', keep: { withinMs: 1000 } }, (m) => said.push(m)).begin()
    pass()
    assert.deepStrictEqual(said, [{ type: 'refused', reason: 'onHandoff failed: ' + 'x'.repeat(200) }])
  },
  'a connection of which the program throws is not read here, because it goes back'() {
    const ended = []
    const socket = { destroy: () => ended.push('socket') }
    const handle = { close: () => ended.push('handle') }
    const server = {
      _handle: {
        onconnection() {
          throw new Error('no')
        },
      },
    }
    for (const c of [{ socket }, null])
      assert.strictEqual(
        accepts({ untilMs: Infinity }, handle, server, () => c),
        'the adapter failed: no',
      )
    assert.deepStrictEqual(ended, ['socket', 'handle'])
  },
  'one that was about to be told moves another time'() {
    const w = websocket(frame('half').subarray(0, 9))
    w.socket.write(Buffer.from([0x81, 5])) // in the midst of a frame
    w.move = new Move(w, { code: 1012, reason: '', keep: { withinMs: 1000 } }, () => {})
    w.move.begin()
    pass()
    assert.ok(w.closing)
    w.move.cancel()
    assert.deepStrictEqual([w.move, w.socket.sent.length, w.stream.halted], [null, 2, false])
  },
  'nothing is read from the wire by who has not agreed'() {
    const said = []
    const { socket } = websocket()
    const handle = socket._handle
    const request = Buffer.from('GET /feed HTTP/1.1\r\n\r\n').toString('base64')
    const adoption = new Adoption({ id: 1, untilMs: Infinity, load: { request, protocol: '' } }, handle, (m) =>
      said.push(m),
    )
    socket.once = () => {}
    const onconnection = () => {
      handle.readStart() // as each socket of Node's does
      adoption.meet(socket)
    }
    adoption.begin({ _handle: { onconnection } })
    handle.readStart()
    assert.deepStrictEqual([said, handle.reading], [[], false])
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    pass()
    assert.deepStrictEqual([said, handle.reading], [[{ type: 'taken', id: 1 }], true])
  },
  'what the process before has not seen comes behind the answer to the upgrade'() {
    const message = frame('unseen')
    for (const [followed, gone] of [
      [true, false],
      [false, false],
      [true, true],
      [false, true],
    ]) {
      const said = [],
        seen = []
      const socket = { _handle: new TCP(), destroyed: false, writable: true, writableLength: 0, once() {} }
      Object.setPrototypeOf(socket, { push: (b) => seen.push(b), write() {}, end() {} })
      const request = Buffer.from('GET /feed HTTP/1.1\r\n\r\n')
      const load = { request: Buffer.concat([request, message]).toString('base64'), protocol: '', state: 1 }
      const adoption = new Adoption({ id: 1, untilMs: Infinity, load }, socket._handle, (m) => said.push(m))
      adoption.begin({ _handle: { onconnection: () => adoption.meet(socket) } })
      assert.deepStrictEqual(seen, [request])
      if (followed)
        new WebSocket(
          socket,
          follow({ method: 'GET', url: '/feed', httpVersion: '1.1', rawHeaders: [] }, socket, null, adoption.adopted),
        )
      assert.strictEqual(JSON.stringify(adoption.adopted), '{"state":1}', 'what the program gets is its state alone')
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      assert.deepStrictEqual(
        [said.length, seen.length, socket._handle.reading],
        [1, 1, false],
        'the answer is being written',
      )
      socket.destroyed = gone
      pass()
      assert.deepStrictEqual([seen.slice(1), socket._handle.reading], gone ? [[], false] : [[message], true])
    }
  },
}

for (const [name, test] of Object.entries(tests)) {
  later = []
  try {
    test()
  } catch (e) {
    console.error(`FAIL ${name}: ${e.stack}`)
    process.exitCode = 1
  }
}
