'use strict'
// What packages do while a rehearsal loads them. The process never runs the program, so nothing
// that is put in the place of a function is taken back, and what is looked at may load more of Bun.

const Module = require('node:module')
const { LISTENS, descriptors, environment, follow, outside } = require('../standby/process.cjs')
const { faults, packageOf, safely } = require('../common.cjs')
const { isModule } = require('./packages.cjs')
const { Globals } = require('../standby/globals.cjs')

const { readFileSync } = require('node:fs')
const { setTimeout: later } = globalThis

const LATE = 50 // ms for what packages have postponed
const DEPTH = 200 // frames of a stack
const NAMED = 5 // globals of a package

const MODULES = [
  'buffer',
  'child_process',
  'crypto',
  'dns',
  'events',
  'fs',
  'fs/promises',
  'http',
  'https',
  'module',
  'net',
  'os',
  'path',
  'stream',
  'timers',
  'timers/promises',
  'tls',
  'url',
  'util',
  'worker_threads',
  'zlib',
]
// What Bun changes itself.
const RESTLESS =
  /^(process\.(_events|_eventsCount|_exiting|exitCode|title|mainModule|env)|Error\.(prepareStackTrace|stackTraceLimit)|module\.(_cache|_pathCache)|RegExp\..*)$/
const PRINTS = [
  'log',
  'info',
  'warn',
  'error',
  'debug',
  'trace',
  'table',
  'dir',
  'group',
  'write',
  'timeEnd',
  'timeLog',
  'count',
  'assert',
]
const PROGRAMS = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']
// What a text shows, and no call. What the program requires has a parent in a cold start only; what it
// imports never has one. Bun lets nobody replace Bun.plugin.
const PARENT = /\bmodule\.parent\b|\brequire\.main\b(?!\s*[!=]==?\s*module\b)/
const VARIABLE = /\b(?:Bun|import\.meta)\.env\b(?:\??\.(\w+))?/g
const PLUGIN = /\bBun\.plugin\s*\(|\bplugin\b[^;]*\bfrom\s*['"]bun['"]/

class Observer {
  constructor(plan, say) {
    this.say = say
    this.barred = new Set(plan.barred)
    this.entry = '' // the file that is being loaded
    this.required = false // by the program, else imported
    this.said = new Set()
    this.timers = [] // { timer, package, by }
    this.known = new Set()
  }

  begin(stop) {
    const globals = Reflect.ownKeys(globalThis).filter(
      (key) => Reflect.getOwnPropertyDescriptor(globalThis, key).value !== globalThis,
    )
    this.globals = new Globals({ globals, modules: MODULES, restless: (name) => RESTLESS.test(name) })
    this.functions(stop)
    this.files()
    this.timing()
    this.environment()
    Module.syncBuiltinESMExports()
    this.globals.settle() // with what is put in their place
    this.known = new Set(Object.keys(require.cache))
    this.process = state()
    this.descriptors = descriptors()
  }

  enter({ file, how }) {
    if (packageOf(file) !== packageOf(this.entry)) this.say({ type: 'loading', package: packageOf(file) })
    this.entry = file
    this.required = how === 'require'
  }

  /** Compares what no call shows: what native code and assignments have done. */
  leave() {
    for (const what of this.globals.changes().slice(0, NAMED)) this.notice('changes ' + what)
    const { descriptors: were, process: was } = this
    this.process = state()
    this.descriptors = descriptors()
    for (const [key, what] of this.descriptors) if (what && !were.has(key)) this.notice(what)
    for (const name of Object.keys(was)) if (was[name] !== this.process[name]) this.notice(name)
    for (const file of Object.keys(require.cache)) {
      if (this.known.has(file)) continue
      this.known.add(file)
      if (this.barred.has(packageOf(file))) this.notice('needs ' + packageOf(file), packageOf(this.entry))
      const text = textOf(file)
      if (this.required && PARENT.test(text) && !isModule(require.cache[file]))
        this.notice('looks at who requires it', packageOf(file))
      if (PLUGIN.test(text)) this.notice('registers a plugin', packageOf(file))
      for (const [, name] of text.matchAll(VARIABLE)) this.reads(name || '*', packageOf(file))
    }
  }

  /** Reports what the package on the stack does, or else the one that is being loaded. */
  notice(what, who = caller()) {
    const by = packageOf(this.entry)
    this.send({ type: 'noticed', package: who || by, by, what })
  }

  send(message) {
    const line = JSON.stringify(message)
    if (!this.said.has(line)) this.say(message)
    this.said.add(line)
  }

  async finish() {
    await new Promise((done) => later(done, LATE))
    this.leave()
    for (const { timer, who, by } of this.timers) {
      if (!timer._destroyed) this.send({ type: 'noticed', package: who, by, what: 'leaves a timer' })
    }
  }

  functions(stop) {
    const is = (what) => () => this.notice(what)
    const all = (object, names, see) => names.forEach((name) => this.wrap(object, name, see))
    all(console, PRINTS, is('prints'))
    for (const stream of [process.stdout, process.stderr]) this.wrap(stream, 'write', is('prints'))
    all(Bun, ['spawn', 'spawnSync', '$'], is('starts a program'))
    all(require('node:child_process'), PROGRAMS, is('starts a program'))
    for (const object of [globalThis, require('node:worker_threads')])
      this.wrap(object, 'Worker', is('starts a thread'))
    all(Bun, ['listen', 'connect', 'serve', 'udpSocket'], is('opens a socket'))
    all(globalThis, ['fetch', 'WebSocket', 'EventSource'], is('opens a socket'))
    all(require('node:net').Socket.prototype, ['connect'], is('opens a socket'))
    all(require('node:net').Server.prototype, ['listen'], is('opens a socket'))
    all(require('node:dgram').Socket.prototype, ['bind', 'send', 'connect'], is('opens a socket'))
    all(Module, ['register', 'registerHooks'], is('registers hooks'))
    all(process, LISTENS, ([event]) => this.notice('listens to process for ' + String(event)))
    all(process, ['chdir'], is('changes the working directory'))
    all(process, ['exit', 'reallyExit', 'abort', 'kill'], () => stop('ends the process'))
    all(process, ['emitWarning'], is('warns'))
  }

  files() {
    const read = (file) => this.send({ type: 'read', file })
    const write = (file) => this.notice('writes ' + file)
    follow((...args) => this.wrap(...args), { read, write, prints: () => this.notice('prints') })
    this.wrap(Bun, 'file', ([file]) => outside(file, read))
    this.wrap(Bun, 'write', ([file]) =>
      typeof file === 'string' ? outside(file, write) : this.notice('writes a file'),
    )
  }

  timing() {
    for (const object of [globalThis, require('node:timers')]) {
      for (const name of ['setTimeout', 'setInterval', 'setImmediate']) {
        this.wrap(
          object,
          name,
          () => {},
          (timer) => this.timers.push({ timer, who: caller() || packageOf(this.entry), by: packageOf(this.entry) }),
        )
      }
    }
  }

  /** Reads of Bun.env and import.meta.env are found in the text, because Bun lets nobody replace these.
   * '*' is any variable. */
  environment() {
    environment((type, name) => type === 'env' && this.reads(name, caller()))
  }

  reads(name, who) {
    this.send({ type: 'env', package: who || packageOf(this.entry), name })
  }

  wrap(object, name, see, made = () => {}) {
    const given = object[name]
    if (typeof given !== 'function') return
    const proxy = new Proxy(given, {
      apply(target, self, args) {
        see(args)
        const out = Reflect.apply(target, self, args)
        made(out)
        return out
      },
      construct(target, args, by) {
        see(args)
        return Reflect.construct(target, args, by)
      },
    })
    try {
      const { enumerable } = Object.getOwnPropertyDescriptor(object, name) || { enumerable: false }
      Object.defineProperty(object, name, { value: proxy, writable: true, enumerable, configurable: true })
    } catch (e) {
      // Bun lets nobody replace it.
    }
  }
}

/** The package of the innermost caller that is one's; '': none. */
function caller() {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = DEPTH
    Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName())
    const files = new Error().stack
    return (Array.isArray(files) ? files : []).map(packageOf).find(Boolean) || ''
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit })
  }
}

/** What a call need not show; the name is what to say of a change. */
function state() {
  return {
    'changes the working directory': process.cwd(),
    'starts a program': faults() + ' ' + living(),
    'listens to process': listeners(),
    'changes the title': process.title,
  }
}

function listeners() {
  return process
    .eventNames()
    .map((name) => String(name) + process.listenerCount(name))
    .sort()
    .join()
}

/** The children that live. faults() has those that were waited for. */
const living = () => safely(readFileSync, '/proc/self/task/' + process.pid + '/children', 'latin1')

function textOf(file) {
  return (/\.([cm]?[jt]s|[jt]sx)$/.test(file) && safely(readFileSync, file, 'latin1')) || ''
}

module.exports = { Observer }
