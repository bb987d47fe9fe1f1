'use strict'
// Hides one of Node's internal shapes (BREAK) from the adapter's files, and from nothing
// else: Node itself goes on.
const Module = require('module')
const http = require('http')
const net = require('net')
const { EventEmitter } = require('events')

const { BREAK, BREAK_FOR } = process.env

/** Whether the caller of the caller is the adapter. */
function adapterCalls() {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 3
  const { stack } = new Error()
  Error.stackTraceLimit = stackTraceLimit
  return (stack.split('\n')[3] || '').includes(BREAK_FOR)
}

/** Hides a property, which the object or those below it have. */
function hide(object, name) {
  const values = new WeakMap()
  let owner = object
  while (owner && !Object.prototype.hasOwnProperty.call(owner, name)) owner = Object.getPrototypeOf(owner)
  const was = owner && Object.getOwnPropertyDescriptor(owner, name)
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: !!was && was.enumerable,
    get() {
      if (adapterCalls()) return undefined
      if (values.has(this)) return values.get(this)
      return was && (was.get ? was.get.call(this) : was.value)
    },
    set(value) {
      values.set(this, value)
    },
  })
}

/** Hides a symbol by its description. */
function hideSymbol(text) {
  const { get } = Object.getOwnPropertyDescriptor(Symbol.prototype, 'description')
  Object.defineProperty(Symbol.prototype, 'description', {
    configurable: true,
    get() {
      const is = get.call(this)
      return is === text && adapterCalls() ? undefined : is
    },
  })
}

/** The prototype of a socket's handle. */
function handle(options) {
  const socket = net.connect(options)
  socket.on('error', () => {})
  const proto = Object.getPrototypeOf(socket._handle)
  socket.destroy()
  return proto
}

const tcp = () => handle({ port: 1, host: '127.0.0.1' })
const pipe = () => handle({ path: '/' })

const shapes = {
  'Module.runMain': () => Object.defineProperty(Module, 'runMain', { configurable: false }),
  'Module._cache': () => hide(Module, '_cache'),
  'Module._resolveFilename': () => hide(Module, '_resolveFilename'),
  'Module._load': () => hide(Module, '_load'),
  'Module._nodeModulePaths': () => hide(Module, '_nodeModulePaths'),
  'Module.prototype.load': () => hide(Module.prototype, 'load'),
  'Module.prototype._compile': () => hide(Module.prototype, '_compile'),
  'ServerResponse._storeHeader': () => hide(http.OutgoingMessage.prototype, '_storeHeader'),
  'ServerResponse._last': () => {
    // Node's constructor sets it on the instance.
    http.ServerResponse = new Proxy(http.ServerResponse, {
      construct: (target, args) => {
        const res = Reflect.construct(target, args)
        delete res._last
        return res
      },
    })
  },
  'OutgoingMessage._header': () => hide(http.OutgoingMessage.prototype, '_header'),
  'OutgoingMessage.chunkedEncoding': () => hide(http.OutgoingMessage.prototype, 'chunkedEncoding'),
  'OutgoingMessage.destroyed': () => hide(http.OutgoingMessage.prototype, 'destroyed'),
  'socket._httpMessage': () => hide(EventEmitter.prototype, '_httpMessage'),
  "the symbol 'http.server.connections' of a server": () => hideSymbol('http.server.connections'),
  'socket._handle.constructor': () => hide(tcp(), 'constructor'),
  'socket._handle.readStop': () => hide(Object.getPrototypeOf(tcp()), 'readStop'),
  'socket._handle.shutdown': () => hide(Object.getPrototypeOf(tcp()), 'shutdown'),
  'socket._handle.writeQueueSize': () => hide(tcp(), 'writeQueueSize'),
  'server._handle.onconnection': () => {
    // libuv's handles have their own.
    const { listen } = net.Server.prototype
    net.Server.prototype.listen = function (...args) {
      this.once('listening', () => {
        const f = this._handle.onconnection
        Object.defineProperty(this._handle, 'onconnection', { get: () => (adapterCalls() ? undefined : f) })
      })
      return listen.apply(this, args)
    }
  },
  'the handle of a unix socket': () => hide(pipe(), 'constructor'),
}

if (shapes[BREAK]) shapes[BREAK]()
module.exports = Object.keys(shapes)
