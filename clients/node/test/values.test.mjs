// What cannot be a value is refused with its place, the reason, and what to do instead.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import http from 'node:http'
import net from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import vm from 'node:vm'
import { Worker } from 'node:worker_threads'
import { getState, namespace, setState } from '../index.mjs'

class User {
  constructor() {
    this.name = 'a'
  }
}
const cycle = { a: [{}] }
cycle.a[0].back = cycle
let deep = 1
for (let i = 0; i < 2000; i++) deep = [deep]
const timer = setTimeout(() => {}, 0)

const refused = {
  undefined: [undefined, 'config is undefined, which JSON does not have: use null, or deleteState()'],
  'a function': [{ handlers: [1, 2, () => {}] }, 'config.handlers[2] is a function, whose code and variables are in this process: store the data that it needs, or keep it in this process with defineLocal()'],
  'a class': [User, 'config is a function'],
  'a method': [{ toJSON() {} }, 'config.toJSON is a function'],
  'a symbol': [{ a: Symbol('x') }, 'config.a is a symbol, which means nothing in another process: use a string'],
  'a symbol as a name': [{ a: { [Symbol('x')]: 1 } }, 'config.a[Symbol(x)] has a symbol as its name: use a string'],
  'undefined in a list': [{ a: [1, undefined] }, 'config.a[1] is undefined, which JSON does not have: use null'],
  'a hole': [[, 1], 'config[0] is undefined'],
  NaN: [{ 'x y': NaN }, 'config["x y"] is NaN, which JSON does not have: use null or a string'],
  Infinity: [-Infinity, 'config is -Infinity'],
  BigInt: [[1n], 'config[0] is a BigInt, which JSON does not have: use a string'],
  Date: [{ at: new Date() }, 'config.at is a Date, which JSON turns into a string: use date.toJSON() or date.getTime()'],
  Map: [new Map(), 'config is a Map, which JSON turns into {}: use Object.fromEntries(map) or [...map]'],
  Set: [{ ids: new Set() }, 'config.ids is a Set, which JSON turns into {}: use [...set]'],
  RegExp: [/a/, 'config is a RegExp'],
  WeakMap: [new WeakMap(), 'config is a WeakMap, which belongs to this process: keep it in this process with defineLocal()'],
  'a promise': [{ a: Promise.resolve(1) }, 'config.a is a promise: await it first'],
  'an error': [new TypeError('x'), 'config is an Error: use { message: error.message, stack: error.stack }'],
  'an instance': [{ user: new User() }, 'config.user is an instance of User, whose methods would be lost: use a plain object ({ ...value }) and make the instance from it, or keep it in this process with defineLocal()'],
  'a kind of array': [{ list: new (class List extends Array {})() }, 'config.list is an instance of List, whose methods would be lost: use a plain array ([...value])'],
  'a property of an array': [{ found: /b/.exec('abc') }, 'config.found.index is a property of an array, which JSON drops: use a plain object'],
  'a symbol of an array': [Object.assign([1], { [Symbol('x')]: 1 }), 'config[Symbol(x)] has a symbol as its name'],
  'a hidden toJSON': [{ a: Object.defineProperty({}, 'toJSON', { value: () => 1 }) }, 'config.a has a method toJSON, which makes something else of it: call it first'],
  'a hidden toJSON of an array': [Object.defineProperty([], 'toJSON', { value: () => 1 }), 'config has a method toJSON'],
  'a boxed number': [Object(1), 'config is an instance of Number'],
  'an inherited object': [Object.create({ a: 1 }), 'config is an instance of Object'],
  'an object that contains itself': [cycle, 'config.a[0].back is an object that contains itself: store the id'],
  'a deep list': [deep, 'is nested more than 1000 levels deep: store a flat list'],
  'a socket': [{ client: new net.Socket() }, 'config.client is a socket, which is an open descriptor: keep it in this process with defineLocal()'],
  'a server': [http.createServer(), 'config is a server, which is an open descriptor: keep it in this process with defineLocal(); hotswap keeps its port open'],
  'a stream': [Readable.from([]), 'config is a stream, which is a state of this process'],
  'a web stream': [new ReadableStream(), 'config is a stream'],
  AsyncLocalStorage: [{ als: new AsyncLocalStorage() }, 'config.als is an AsyncLocalStorage, whose values belong to calls of this process: keep it in this process with defineLocal()'],
  'a timer': [timer, 'config is a Timeout, which belongs to this process'],
  'bytes inside': [{ a: new Uint8Array(1) }, 'config.a is a Uint8Array, and bytes travel only as a value of their own: give them a key of their own'],
  'a Buffer inside': [[Buffer.from('a')], 'config[0] is a Buffer, and bytes travel only as a value of their own'],
  'another view': [new Float64Array(1), 'config is a Float64Array'],
  ArrayBuffer: [new ArrayBuffer(1), 'config is an ArrayBuffer: use new Uint8Array(buffer)'],
}

for (const [what, [value, message]] of Object.entries(refused)) {
  test(`${what} is refused`, async () => {
    await assert.rejects(setState('config', value), (error) => {
      assert(error instanceof TypeError, error.stack)
      assert(error.message.includes(message), `${error.message}\nshould be\n${message}`)
      assert(error.message.length < 400, error.message)
      return true
    })
    assert.equal(await getState('config'), undefined)
  })
}

test('a worker is refused', async () => {
  const worker = new Worker('', { eval: true })
  await assert.rejects(setState('config', { worker }), /config\.worker is a Worker/)
  await worker.terminate()
})

test('what is plain travels', async () => {
  const s = namespace('plain-' + process.pid)
  const shared = { a: 1 }
  const values = [Object.assign(Object.create(null), { a: 1 }), vm.runInNewContext('({ a: [1, { b: null }] })'), Object.assign([], ['a', 'b']), [shared, shared], { 'constructor': 1, toString: 'a' }, -0.5]
  for (const value of values) {
    await s.setState('a', value)
    assert.deepEqual(await s.getState('a'), JSON.parse(JSON.stringify(value)))
  }
})

test('bytes of another context travel', async () => {
  const s = namespace('vm-' + process.pid)
  await s.setState('a', vm.runInNewContext('new Uint8Array([0, 1, 2, 3]).subarray(1, 3)'))
  assert.deepEqual(await s.getState('a'), new Uint8Array([1, 2]))
  await assert.rejects(s.setState('a', { e: vm.runInNewContext('new RangeError()') }), /a\.e is an Error:/)
})
