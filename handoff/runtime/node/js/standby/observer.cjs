'use strict'
// Watches what packages do while a standby loads them early: what they would not do
// again, what the program has not prepared for them yet, and what they read that may
// change. Functions are replaced by proxies, whose traps are removed afterwards: code
// that has kept a proxy then calls the original, with no frame of the adapter.

const fs = require('fs')
const path = require('path')
const async_hooks = require('async_hooks')
const Module = require('module')
const { channel: topic } = require('diagnostics_channel')
const { fileURLToPath } = require('url')
const { HOME, callers, packageOf } = require('./stack.cjs')
const { die, modulePrototype, own } = require('../internals.cjs')

const { readFileSync, readdirSync, readlinkSync, statSync } = fs
const turn = setImmediate
const STREAMS = 'node:internal/bootstrap/switches/' // creates process.stdout and the like
const IMPORTS = 'tracing:module.import:start'
const MANY = 300 // files outside of packages that are read

const READS = ['readFileSync', 'openSync', 'readdirSync', 'existsSync', 'statSync', 'lstatSync', 'accessSync', 'readFile', 'open', 'readdir', 'stat', 'access']
const WRITES = ['writeFile', 'appendFile', 'mkdir', 'mkdtemp', 'unlink', 'rm', 'rmdir', 'rename', 'truncate', 'utimes', 'chmod', 'chown']
const COPIES = ['copyFile', 'cp', 'symlink', 'link'] // the second argument is written
const LISTENS = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener', 'off', 'removeListener', 'removeAllListeners']
const PRINTS = ['write', 'writeSync', 'writev', 'writevSync', 'writeFileSync', 'appendFileSync']

// What creates a resource, by async_hooks's name for the resource.
const MADE = {
  TCPWRAP: 'opens a socket', TCPSERVERWRAP: 'opens a socket', UDPWRAP: 'opens a socket', PIPEWRAP: 'opens a socket',
  PIPESERVERWRAP: 'opens a socket', TLSWRAP: 'opens a socket', GETADDRINFOREQWRAP: 'asks for an address', QUERYWRAP: 'asks for an address',
  PROCESSWRAP: 'starts a program', WORKER: 'starts a thread', STATWATCHER: 'watches a file', FSEVENTWRAP: 'watches a file',
}

class Observer {
  constructor(channel) {
    this.channel = channel
    this.plan = channel.plan
    this.packages = new Set([...this.plan.observed, ...this.plan.load.map((item) => packageOf(item.file))])
    this.entry = '' // the file that is being loaded
    this.found = new Map() // package and what → message
    this.read = new Set()
    this.timers = new Map() // id → message
    this.kept = new Map() // descriptor and what it is → message
    this.undo = []
  }

  begin() {
    if (!this.channel.proven) this.globals = require('./globals.cjs').snapshot()
    this.code()
    if (this.channel.proven) return
    if (this.plan.opener) this.hooks()
    this.environment()
    this.files()
    this.streams()
    this.listeners()
    this.end()
    // Node prints a warning in the next turn of the event loop: while ES modules load
    // there is one, before a CommonJS program none.
    if (this.plan.async) this.wrap(process, 'emitWarning', () => this.notice('warns'))
    this.handles()
    this.cwd = process.cwd()
    this.children = children()
    this.descriptors = descriptors()
  }

  enter(file) {
    this.entry = file
  }

  leave() {
    if (this.channel.proven) return
    if (this.plan.patched) return // instrumentation works beside the packages, with no caller to tell by
    const now = descriptors()
    for (const [key, what] of now) {
      if (this.descriptors.has(key) || this.kept.has(key)) continue
      if (what) this.kept.set(key, this.message(what, packageOf(this.entry)))
    }
    const waited = children()
    if (waited !== this.children) this.notice('starts a program')
    this.children = waited
    if (process.cwd() !== this.cwd) this.notice('changes the working directory')
    this.cwd = process.cwd()
  }

  failed(e) {
    let why = ''
    try {
      why = String((e && e.message) || e).split('\n')[0].slice(0, 200)
    } catch (e) {
      // It has none.
    }
    this.put(this.message('fails: ' + why, packageOf(this.entry)))
  }

  /** Notes what a package on the stack does. Loaders may do anything. */
  notice(what) {
    const message = this.blame(what)
    if (message) this.put(message)
  }

  blame(what, files = callers()) {
    const who = files.map(packageOf).find((name) => name !== '')
    if (who === undefined) return this.message(what, packageOf(this.entry))
    return this.packages.has(who) ? this.message(what, who) : null
  }

  message(what, name) {
    return { type: 'noticed', package: name, by: packageOf(this.entry), what }
  }

  put(message) {
    const key = message.package + ' ' + message.by + ' ' + message.what
    if (!this.found.has(key)) this.found.set(key, message)
  }

  // ---- what is watched

  /** Reads of variables that the program sets before it loads the package. */
  environment() {
    const real = process.env
    const names = new Set(this.plan.env)
    const see = (name) => {
      if (names.has(name)) this.notice('reads ' + name + ', which the program sets')
    }
    const handler = {
      // With the proxy as receiver, Reflect would set a property of the proxy.
      set: (target, key, value) => Reflect.set(target, key, value),
      get: (target, key) => (see(key), Reflect.get(target, key)),
      has: (target, key) => (see(key), Reflect.has(target, key)),
      getOwnPropertyDescriptor: (target, key) => (see(key), Reflect.getOwnPropertyDescriptor(target, key)),
    }
    const proxy = new Proxy(real, handler)
    process.env = proxy
    this.undo.push(() => {
      for (const deed of ['get', 'has', 'getOwnPropertyDescriptor']) delete handler[deed]
      if (process.env === proxy) process.env = real
    })
  }

  files() {
    const watch = (object, name, see, at = 0) => {
      this.wrap(object, name, (args) => {
        const file = fileOf(args[at])
        if (file && !/[\\/]node_modules[\\/]/.test(file) && !/^\/(proc|sys|dev)\//.test(file) && !file.startsWith(HOME)) see(file, args)
      })
    }
    const read = (file) => this.read.size < MANY && this.read.add(file)
    const write = (file) => this.notice('writes ' + file)
    const open = (file, args) => (opensToWrite(args[1]) ? write(file) : read(file))
    for (const object of [fs, fs.promises]) {
      for (const name of READS) watch(object, name, /^open(Sync)?$/.test(name) ? open : read)
      for (const name of WRITES) for (const full of [name, name + 'Sync']) watch(object, full, write)
      for (const name of COPIES) for (const full of [name, name + 'Sync']) watch(object, full, write, 1)
    }
    for (const name of PRINTS) this.wrap(fs, name, ([fd]) => (fd === 1 || fd === 2) && this.notice('prints'))
  }

  /** Hooks for the loader of ES modules. In a cold start Node has resolved all that the first
   * file imports before any of it runs. */
  hooks() {
    const { syncBuiltinESMExports } = Module
    this.undo.push(syncBuiltinESMExports)
    for (const name of ['register', 'registerHooks']) this.wrap(Module, name, () => this.notice('registers hooks'))
    syncBuiltinESMExports()
  }

  /** Code of the project, such as a configuration, which must not run early. */
  code() {
    this.wrap(modulePrototype, 'load', ([file]) => {
      if (packageOf(file) || file.startsWith(HOME) || this.channel.released()) return
      this.loads(file)
    })
    // Node 22 and newer publish each import() before they resolve it.
    const imports = ({ url, parentURL }) => {
      const file = imported(url, parentURL)
      if (file && !packageOf(file) && path.dirname(file) !== this.channel.folder && !this.channel.released()) this.loads(file)
    }
    const told = topic(IMPORTS)
    told.subscribe(imports)
    this.undo.push(() => told.unsubscribe(imports))
  }

  loads(file) {
    if (path.extname(file) === '.json') this.read.add(file)
    else this.stop('runs code of the project')
  }

  /** Ends the standby. */
  stop(what) {
    this.channel.say(this.blame(what) || this.message(what, packageOf(this.entry)))
    this.channel.say({ type: 'ended' })
    die()
  }

  /** What is printed. Node still creates the streams when they are first used. */
  streams() {
    for (const name of ['stdout', 'stderr']) {
      const original = Object.getOwnPropertyDescriptor(process, name)
      if (!original || !original.get || !original.configurable) continue
      let seen = false
      Object.defineProperty(process, name, {
        ...original,
        get: () => {
          const stream = original.get.call(process)
          if (!seen && stream) {
            seen = true
            this.wrapOwn(stream, 'write', () => this.notice('prints'))
          }
          return stream
        },
      })
      this.undo.push(() => Object.defineProperty(process, name, original))
    }
  }

  /** Listeners of process, because the program's own may come first. Node adds some for
   * its streams at a terminal. */
  listeners() {
    for (const name of LISTENS) {
      this.wrapOwn(process, name, ([event]) => {
        const files = callers()
        if (!files.some((f) => f.startsWith(STREAMS)) && files.some(packageOf)) {
          const message = this.blame('listens to process for ' + String(event), files)
          if (message) this.put(message)
        }
      })
    }
  }

  /** A package that ends the process ends the standby. The program's listeners do not run. */
  end() {
    this.wrapOwn(process, 'emit', (args) => {
      if (args[0] === 'exit' && !this.channel.released()) this.stop('ends the process')
    })
  }

  handles() {
    this.hook = async_hooks.createHook({
      init: (id, type) => {
        if (type !== 'Timeout' && !MADE[type]) return
        const files = callers()
        if (files.some((f) => f.startsWith(STREAMS))) return
        if (!files.some(packageOf) && (type === 'Timeout' || type === 'WORKER' || !this.entry)) return
        const message = this.blame(type === 'Timeout' ? 'leaves a timer' : MADE[type], files)
        if (!message) return
        if (type === 'Timeout') this.timers.set(id, message)
        else this.put(message)
      },
      destroy: (id) => this.timers.delete(id),
    })
    this.hook.enable()
  }

  wrap(object, name, see) {
    const original = object[name]
    if (typeof original !== 'function') return
    const handler = {
      apply: (target, self, args) => {
        see(args)
        return Reflect.apply(target, self, args)
      },
    }
    const proxy = new Proxy(original, handler)
    object[name] = proxy
    this.undo.push(() => {
      delete handler.apply
      if (object[name] === proxy) object[name] = original
      else this.put(this.message('replaces ' + name, ''))
    })
  }

  /** The same for a method that an object has of its class. */
  wrapOwn(object, name, see) {
    const had = own(object, name)
    this.wrap(object, name, see)
    const restore = this.undo.pop()
    const proxy = object[name]
    this.undo.push(() => {
      const ours = object[name] === proxy
      restore()
      if (ours && !had) delete object[name]
    })
  }

  // ---- the end

  /** Lets postponed work happen. */
  async settle() {
    for (let i = 0; i < 3; i++) await new Promise((done) => turn(done))
    this.leave()
  }

  /** Removes the observer, and returns the messages for hotswap. */
  finish() {
    const now = this.hook ? descriptors() : new Map()
    if (this.hook) this.hook.disable()
    for (const [key, message] of this.kept) if (now.has(key)) this.put(message)
    for (const message of this.timers.values()) this.put(message)
    for (const undo of this.undo.reverse()) undo()
    const replaced = this.globals ? require('./globals.cjs').changes(this.globals) : []
    const out = [...this.found.values()]
    if (replaced.length > 0) out.push({ type: 'replaced', what: replaced.slice(0, 5) })
    if (this.read.size >= MANY) out.push({ type: 'replaced', what: ['(many files are read)'] })
    for (const file of this.read) out.push({ type: 'read', file })
    out.push({ type: 'ready' })
    return out
  }
}

/** Descriptor and file → what to say if a package keeps it. '' is harmless. */
function descriptors() {
  const out = new Map()
  let names
  try {
    names = readdirSync('/proc/self/fd')
  } catch (e) {
    return out
  }
  const links = new Map()
  for (const fd of names) {
    try {
      links.set(fd, readlinkSync('/proc/self/fd/' + fd))
    } catch (e) {
      // The one of readdir.
    }
  }
  const own = new Set(['0', '1', '2'].map((fd) => links.get(fd)))
  for (const [fd, link] of links) {
    let what = ''
    if (own.has(link)) what = '' // the terminal again
    else if (link.startsWith('socket:')) what = 'opens a socket'
    else if (link === 'anon_inode:inotify') what = 'watches a file'
    else if (link.startsWith('/dev/') && !/^\/dev\/(null|zero|u?random|shm\/)/.test(link)) what = 'opens ' + link
    else if (link.startsWith('/') && !/\/node_modules\/|^\/(dev|proc|sys)\//.test(link) && !isFolder(link)) what = 'keeps ' + link + ' open'
    out.set(fd + ' ' + link, what)
  }
  return out
}

/** Loaders read folders at any time, as tsx does its cache. */
function isFolder(file) {
  try {
    return statSync(file).isDirectory()
  } catch (e) {
    return false
  }
}

/** cminflt of proc_pid_stat(5), which grows when the process waits for a child. */
function children() {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[8]
  } catch (e) {
    return ''
  }
}

/** The file that an import() names by a path or URL, or ''. */
function imported(name, parent) {
  try {
    return /^(file:|\.{0,2}\/)/.test(name) ? fileURLToPath(new URL(name, parent)) : ''
  } catch (e) {
    return ''
  }
}

/** Reports whether flags of fs.open allow writes (O_WRONLY or O_RDWR). */
function opensToWrite(flags) {
  return typeof flags === 'string' ? /[wa+]/.test(flags) : typeof flags === 'number' && (flags & 3) !== 0
}

function fileOf(name) {
  try {
    if (name instanceof URL) return fileURLToPath(name)
    if (Buffer.isBuffer(name)) return path.resolve(String(name))
    return typeof name === 'string' ? path.resolve(name) : ''
  } catch (e) {
    return ''
  }
}

module.exports = { Observer }
