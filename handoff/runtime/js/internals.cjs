'use strict'
// Every use of something that Node does not document is in this file. Before their first use
// it checks the shapes that a group of features needs. A group of which a shape is missing is off,
// and hotswap tells the user which one and why.
//
// This file is loaded into every Node process, so it loads nothing large but what Node has
// loaded itself.

const Module = require('module')
const path = require('path')
const { EventEmitter } = require('events')
const { clearTimeout, setImmediate, setTimeout } = require('timers') // the program may replace them here, too, as fake timers do
const { hide, safely } = require('./common.cjs')

const MODULES = 'standbys and the list of loaded files'
const IMPORTS = 'the list of imported files' // without an inspector nobody knows it
const CONNECTIONS = 'handing connections over'

const reasons = new Map() // group → the shape that is missing
let report = null

/** Turns a group of features off. what names the shape that is not as expected. */
function disable(feature, what) {
  if (reasons.has(feature)) return
  reasons.set(feature, what)
  if (report) report({ type: 'off', feature, what })
}

/** Reports whether a group can be used. */
const works = (feature) => !reasons.has(feature)

/** Sends what is off, now and in the future. */
function reportTo(send) {
  report = send
  for (const [feature, what] of reasons) report({ type: 'off', feature, what })
}

/** Checks shapes, given as name → test, and turns the group off at the first that fails. */
function need(feature, shapes) {
  const missing = Object.keys(shapes).find((what) => !safely(shapes[what]))
  if (missing) disable(feature, missing)
}

const isFunction = (x) => typeof x === 'function'
const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name)

// ---- modules

need(MODULES, {
  'Module._cache': () => typeof Module._cache === 'object' && Module._cache !== null,
  'Module._resolveFilename': () => isFunction(Module._resolveFilename),
  'Module.runMain': () => {
    const d = Object.getOwnPropertyDescriptor(Module, 'runMain')
    return isFunction(d.value) && d.configurable
  },
  'Module._load': () => isFunction(Module._load),
  'Module._nodeModulePaths': () => Array.isArray(Module._nodeModulePaths('/')),
  'Module.prototype.load': () => isFunction(Module.prototype.load),
  'Module.prototype._compile': () => isFunction(Module.prototype._compile),
})

/** The file that Node would run for a script, or '' if Node finds none. */
const resolve = (script) => safely(() => Module._resolveFilename(path.resolve(script), null, true)) || ''

/** The file of process.argv[1] as the list of loaded files names it; '' for -e and the like. */
function mainFile() {
  const script = process.argv[1]
  return script ? resolve(script) || path.resolve(script) : ''
}

/** CommonJS's cache, as file → module. */
const cache = () => Module._cache || {}

/** Loads a CommonJS file as if parent had required it. */
const load = (file, parent) => Module._load(file, parent, false)

const { _load: nodes } = Module
const { toString } = Function.prototype // Sentry replaces it, and hides what it has replaced

/** The text of a function. */
const textOf = (f) => Reflect.apply(toString, f, [])

/** One of Node's modules, past any hook. */
const builtin = (name) => nodes(name, null, false)

/** Has see called with the file of each module that is required, until it returns true. */
function onRequire(see) {
  const load = Module._load
  let over = false
  const looking = function _load(request, parent, isMain) {
    if (!over) {
      over = safely(() => see(Module._resolveFilename(request, parent, isMain))) // undefined: there is no such file, which Node will say
      if (over && Module._load === looking) Module._load = load
    }
    return Reflect.apply(load, this, arguments)
  }
  Module._load = looking
}

/** A module that has not been loaded, with the paths that its requires would search. */
function unloaded(file) {
  const module = new Module(file, undefined)
  module.filename = file
  module.paths = Module._nodeModulePaths(path.dirname(file))
  return module
}

const invented = new Set() // names of modules that have no file

/** Node's own import(), resolved from a folder. --import uses the working directory. */
function importer(folder = process.cwd()) {
  const from = path.join(folder, 'hotswap.cjs')
  invented.add(from)
  const module = unloaded(from)
  module._compile('module.exports = (name) => import(name)', from)
  return module.exports
}

/** Reports whether Node itself has loaded one of its modules already. */
const isLoaded = (name) => (process.moduleLoadList || []).includes('NativeModule ' + name)

/** The names of Node's modules that it has loaded, without those that it keeps to itself. */
const builtins = () =>
  (process.moduleLoadList || []).map((name) => name.replace('NativeModule ', '')).filter(Module.isBuiltin)

/** Replaces a function, if it is one, by another of its name and number of parameters. That calls around with the original,
 * its own arguments, and itself. */
function wrap(object, name, around) {
  const original = object[name]
  if (!isFunction(original)) return
  // In an object, because the function gets its name from there.
  const { [name]: wrapped } = {
    [name]() {
      return Reflect.apply(around, this, [original, arguments, wrapped])
    },
  }
  Object.defineProperty(wrapped, 'length', { value: original.length, configurable: true })
  object[name] = wrapped
}

/** Calls seen(f, name, given, original) behind each call of Module.registerHooks, whose hooks are of this thread, or Module.register. f
 * is what was called. */
function onHooks(seen) {
  for (const name of ['registerHooks', 'register']) {
    wrap(Module, name, function (original, given, called) {
      const done = Reflect.apply(original, this, given)
      safely(seen, called, name, given[0], original)
      return done
    })
  }
}

// ---- Module.runMain
//
// Node reads this property when everything that the command line requires is loaded,
// calls the function, and only then runs the main module. With -e, --test or
// --experimental-default-type=module Node does not read it. No list of options says so
// for every version, so each process of a generation notes whether Node has read it,
// and hotswap makes a standby only of a program whose process has noted that.

const NODE_READS = /^node:internal\/main\// // other readers list a module's exports
const TS_NODE = /[\\/]ts-node[\\/]/ // ts-node calls runMain again, when argv[1] is the program's

const seen = {
  execArgv: process.execArgv.slice(), // before the program can change the list
  script: '', // argv[1] when Node was last about to run a main module
  before: [], // the files in CommonJS's cache then
  env: null, // the variables then
  dropped: false, // packages that were loaded with assumed variables were loaded anew
  named: null, // the modules that hooks named in the generation before; null: hooks of other files than hooked are not expected
  hooked: [], // files of the project that have wrapped modules in the generation before
  ahead: [], // names, in the caches, of what a standby has loaded that a cold start loads behind the main module
}

/** Calls about(runMain, restore) each time that Node is about to run a main module,
 * until restore is called. Node calls the function that about returns. */
function onRunMain(about) {
  const original = Object.getOwnPropertyDescriptor(Module, 'runMain')
  let runMain = original.value
  const restore = () => Object.defineProperty(Module, 'runMain', Object.assign({}, original, { value: runMain }))
  Object.defineProperty(Module, 'runMain', {
    configurable: true,
    enumerable: original.enumerable,
    set(value) {
      runMain = value
    },
    get: function get() {
      const by = stack(get, 1)[0] || ''
      if (!NODE_READS.test(by) && !TS_NODE.test(by)) return runMain
      seen.script = process.argv[1] || ''
      seen.env = seen.env || Object.assign({}, process.env)
      seen.before = Object.keys(cache())
      return about(runMain, restore)
    },
  })
}

/** Notes in a process that is no standby that Node has read runMain. */
function noteRunMain() {
  if (!works(MODULES)) return
  onRunMain((runMain, restore) => {
    if (!TS_NODE.test(resolve(seen.script))) restore()
    return runMain
  })
}

// Node tells of each worker thread that this thread begins, also of that which runs hooks of modules.
const began = [] // their numbers
const note = ({ threadId }) => void (began.length <= 1000 && began.push(threadId))
const noteThreads = () => void process.on('worker', note)
const threads = () => (began.length <= 1000 && process.listeners('worker').includes(note) ? began : null) // null: not all are known

/** Reports whether Node has read runMain before it ran this main module. */
const holdable = (main) => seen.script !== '' && resolve(seen.script) === main

/** The files of the callers of f, innermost first, at most depth of them. */
function stack(f, depth) {
  const { stackTraceLimit } = Error
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  try {
    Error.stackTraceLimit = depth
    Error.prepareStackTrace = (_, sites) => sites
    const at = {}
    Error.captureStackTrace(at, f)
    return Array.isArray(at.stack) ? at.stack.map((site) => site.getFileName() || site.getScriptNameOrSourceURL()) : []
  } catch (e) {
    return [] // the program has frozen Error
  } finally {
    if (!Object.isFrozen(Error)) {
      Error.stackTraceLimit = stackTraceLimit
      if (prepare) Object.defineProperty(Error, 'prepareStackTrace', prepare)
      else delete Error.prepareStackTrace
    }
  }
}

const { kill, pid } = process // a package may replace it

/** Ends the process at once, without the program's listeners. */
const die = () => kill(pid, 'SIGKILL')

// ---- HTTP/1

/** Checks what drain needs of Node's http, and of a server. */
function checkHTTP({ Server, ServerResponse }, server) {
  const res = new ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 })
  need(CONNECTIONS, {
    'socket._httpMessage': () => {
      const socket = new EventEmitter()
      res.assignSocket(socket)
      const is = currentOf(socket) === res
      res.detachSocket(socket)
      return is && !currentOf(socket)
    },
    'ServerResponse._storeHeader': () => isFunction(res._storeHeader),
    'ServerResponse._last': () => typeof res._last === 'boolean',
    'OutgoingMessage._header': () => res._header !== undefined,
    'OutgoingMessage.chunkedEncoding': () => typeof res.chunkedEncoding === 'boolean',
    'OutgoingMessage.destroyed': () => res.destroyed === false,
    "the symbol 'http.server.connections' of a server": () =>
      listOf(server) || !(server instanceof Server && server.listening),
  })
}

/** The answer that Node is sending to a socket, or undefined. A socket that the program uses as
 * a client has a request there. */
const currentOf = ({ _httpMessage: res }) => (res?.req ? res : undefined)

/** Has an answer say 'Connection: close', whatever the program says there, and Node close behind it, if
 * may() when its head is written. */
function closeBehind(res, may) {
  if (!works(CONNECTIONS) || res.headersSent || own(res, '_storeHeader')) return
  const store = res._storeHeader
  hide(res, '_storeHeader', function _storeHeader() {
    const out = store.apply(this, arguments)
    safely(() => {
      if (!may()) return
      this._header = this._header
        .replace(/\r\n(connection|keep-alive):[^\r]*/gi, '')
        .replace(/\r\n$/, 'Connection: close\r\n\r\n')
      this._last = true
    })
    return out
  })
}

/** The head of an answer as it was written, or ''. */
const headOf = (res) => res._header || ''

/** Ends an answer whose head is written, and the connection behind it. To the program it
 * looks as if the client had left: what the program writes from now on is dropped. Node sends
 * the head with the first bytes of the body, so it may not have been sent. */
function finish(res, socket) {
  res.flushHeaders()
  if (res.chunkedEncoding) socket.write('0\r\n\r\n', 'latin1')
  res.destroyed = true
  socket.destroySoon()
}

/** Node's own list of a server's connections, or undefined. */
function listOf(server) {
  const symbol = Object.getOwnPropertySymbols(server || {}).find((s) => s.description === 'http.server.connections')
  const list = symbol && server[symbol]
  return list && isFunction(list.active) ? list : undefined
}

/** The sockets on which a part of a request has arrived, from Node's own list. */
function receiving(servers) {
  const out = new Set()
  for (const server of servers) {
    const list = listOf(server)
    // A new connection is in the list from the start, without a byte.
    for (const { socket } of list ? list.active() : []) if (socket?.bytesRead > 0) out.add(socket)
  }
  return out
}

/** Reports whether HTTP/1 parses what the socket receives. */
const isParsed = (socket) => !!socket.parser

// ---- sockets

/** The server that has accepted a socket. */
const serverOf = (socket) => socket.server || socket._server

/** The socket below one of TLS. */
const below = (socket) => socket._parent

/** Reports whether a socket is closed, or was sent to another process. */
const isGone = (socket) => socket.destroyed || !socket._handle

const classOf = (handle) => ((handle || {}).constructor || {}).name

const isOpen = (server) => !!server._handle

/** Checks what a handover needs of a socket that Node has accepted, and of its server. */
function checkHandoff(socket) {
  const handle = socket._handle
  const server = serverOf(socket)
  if (!handle || !server || !isOpen(server)) return
  need(CONNECTIONS, {
    'socket._handle.constructor': () => /^(TCP|Pipe)$/.test(classOf(handle)),
    'socket._handle.readStop': () => isFunction(handle.readStop) && isFunction(handle.readStart),
    'socket._handle.shutdown': () =>
      isFunction(handle.shutdown) &&
      isFunction(handle.close) &&
      (classOf(handle) === 'Pipe' || isFunction(handle.reset)),
    'socket._handle.writeQueueSize': () => typeof handle.writeQueueSize === 'number',
    'server._handle.onconnection': () => isFunction(server._handle.onconnection),
  })
}

/** Reports whether a socket can be passed to another process by its handle: not if TLS or a library is above it. */
const isPlain = (socket) => !socket.encrypted && /^(TCP|Pipe)$/.test(classOf(socket._handle))

/** Reports whether nothing more is to be read from a socket or to be sent, by this process. */
const isQuiet = (socket) => !socket.writableEnded && socket.readableLength === 0 && unsent(socket) === 0

/** The name of the place at which a server listens, as the program asked for it, or ''. */
function placeOf(server) {
  const at = server.address()
  if (!at || typeof at === 'string') return at || ''
  return at.family === 'IPv6' ? `[${at.address}]:${at.port}` : `${at.address}:${at.port}`
}

const isTCP = ({ _handle: handle }) => classOf(handle) === 'TCP'

const handleOf = (socket) => socket._handle

/** Reads nothing from the wire, whatever the program's stream wants. */
function pauseRead(handle) {
  handle.reading = false
  handle.readStop()
  hide(handle, 'readStart', () => 0)
}

function resumeRead(handle) {
  delete handle.readStart
  handle.reading = true
  handle.readStart()
}

/** Sends no end of the connection, because it goes on in another process. */
function muteEnd(handle) {
  hide(handle, 'shutdown', () => 1) // Node takes that for done
  hide(handle, 'reset', function reset(done) {
    return this.close(done)
  })
}

function unmuteEnd(handle) {
  delete handle.shutdown
  delete handle.reset
}

/** Postpones the close of a handle. Returns what allows it, and reports whether it closed then. */
function postponeClose(handle) {
  const { close } = handle
  let args = null
  hide(handle, 'close', (...given) => (args = given))
  return () => {
    delete handle.close
    if (args) close.apply(handle, args)
    return args !== null
  }
}

/** Bytes that Node has not given to the kernel. */
const unsent = (socket) => socket.writableLength + socket._handle.writeQueueSize

/** Has a server accept a connection as libuv would. */
const accept = (server, handle) => server._handle.onconnection(0, handle)

/** Has a worker of a cluster listen where its primary does. Node takes it for a failed bind if the primary's port is not the one
 * that the worker has asked for, as where hotswap has led that to another one. */
function followPrimary() {
  if (!isLoaded('internal/cluster/child')) return
  wrap(builtin('cluster'), '_getServer', function (original, [server, query, listen]) {
    const compares = (error, handle) => {
      const name = handle?.getsockname
      if (isFunction(name) && query.port > 0) {
        handle.getsockname = (at) => {
          handle.getsockname = name // the program learns the truth
          const failed = name.call(handle, at)
          if (at.port) at.port = query.port // 0: the bind has failed
          return failed
        }
      }
      return listen(error, handle)
    }
    return Reflect.apply(original, this, [server, query, compares])
  })
}

// ---- passing sockets

const IPC = 2 // src/pipe_wrap.h: a pipe over which sockets can be passed

/** Returns a socket to connect with, the handle or undefined that arrived with each read, and
 * next(handle), which attaches a handle to the next write; without a handle next
 * reports whether the last one was sent. Null where this Node cannot; then the feature
 * is off. */
function passing(net) {
  let socket = null
  need(CONNECTIONS, {
    'the handle of a unix socket': () => {
      if (socket) return true
      // Node does not name the class; any socket that connects has an instance.
      const other = new net.Socket()
      other.on('error', () => {})
      other.connect({ path: '/' })
      const Pipe = other._handle.constructor
      other.destroy()
      const made = new net.Socket({ handle: new Pipe(IPC), manualStart: true })
      if (isFunction(made._handle.onread) && isFunction(made._handle.writeUtf8String)) socket = made
      return socket !== null
    },
  })
  if (!socket) return null
  const handle = socket._handle
  const received = []
  const { onread, writeUtf8String } = handle
  // A handle is there with the bytes it came with, and the next one not before the
  // next bytes (LibuvStreamWrap::OnUvRead).
  handle.onread = function (bytes) {
    if (bytes) {
      received.push(this.pendingHandle || undefined)
      this.pendingHandle = null
    }
    return onread.apply(this, arguments)
  }
  let attached = null
  hide(handle, 'writeUtf8String', function (req, text) {
    const passed = attached
    attached = null
    return passed ? writeUtf8String.call(this, req, text, passed) : writeUtf8String.call(this, req, text)
  })
  const next = (passed) => {
    const sent = attached === null
    attached = passed || null
    return sent
  }
  return { socket, received, next }
}

module.exports = {
  MODULES,
  IMPORTS,
  CONNECTIONS,
  disable,
  works,
  reportTo,
  own,
  resolve,
  mainFile,
  cache,
  load,
  builtin,
  textOf,
  onRequire,
  unloaded,
  modulePrototype: Module.prototype,
  importer,
  invented,
  isLoaded,
  builtins,
  wrap,
  onHooks,
  seen,
  noteThreads,
  threads,
  onRunMain,
  noteRunMain,
  holdable,
  stack,
  die,
  checkHTTP,
  currentOf,
  closeBehind,
  headOf,
  finish,
  listOf,
  receiving,
  isParsed,
  serverOf,
  below,
  isGone,
  isOpen,
  checkHandoff,
  isPlain,
  isQuiet,
  placeOf,
  isTCP,
  handleOf,
  pauseRead,
  resumeRead,
  muteEnd,
  unmuteEnd,
  postponeClose,
  unsent,
  accept,
  followPrimary,
  passing,
  timers: { clearTimeout, setImmediate, setTimeout },
}
