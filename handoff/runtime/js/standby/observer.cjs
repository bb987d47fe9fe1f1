'use strict'
// Watches in a rehearsal what packages do while they are loaded early: what they would not do
// again, what the program has not prepared for them yet, and on what they depend. The process is
// thrown away, so what is replaced here is never restored.

const path = require('path')
const async_hooks = require('async_hooks')
const Module = require('module')
const { isProxy } = require('util').types
const { globals, replaced } = require('./shared.cjs')
const { Guard } = require('./guard.cjs')
const { LISTENS, descriptors, environment, fileOf, follow } = require('./process.cjs')
const { callers } = require('./stack.cjs')
const { cache } = require('../internals.cjs')
const { HOME, faults, packageOf, safely } = require('../common.cjs')
const { imports, requests } = require('../modules/loader.cjs')

const turn = setImmediate
const STREAMS = 'node:internal/bootstrap/switches/' // creates process.stdout and the like
const ENDS = 'node:internal/process/per_thread' // process.exit removes a listener of its own
const MANY = 10000 // messages of one kind
const NAMED = 5 // globals that a message names for people
const MOST = 1000 // and for hotswap
const ANY = '*'
const REPLACED = ', which the program has replaced'

// What creates a resource, by async_hooks's name for the resource.
const MADE = {
  TCPWRAP: 'opens a socket',
  TCPSERVERWRAP: 'opens a socket',
  UDPWRAP: 'opens a socket',
  PIPEWRAP: 'opens a socket',
  PIPESERVERWRAP: 'opens a socket',
  TLSWRAP: 'opens a socket',
  GETADDRINFOREQWRAP: 'asks for an address',
  QUERYWRAP: 'asks for an address',
  PROCESSWRAP: 'starts a program',
  WORKER: 'starts a thread',
  STATWATCHER: 'watches a file',
  FSEVENTWRAP: 'watches a file',
}

class Observer extends Guard {
  constructor(channel) {
    super(channel)
    this.early = new Set(this.plan.before)
    this.packages = new Set(this.plan.load.map((item) => packageOf(item.file)))
    this.said = new Map() // type → what was said
    this.timers = new Map() // id → message
    this.kept = new Map() // descriptor and what it is → message
    this.stack = [] // packages whose CommonJS files are being loaded
  }

  begin() {
    super.begin()
    this.replaced = replaced(this.plan.marks) // before this replaces some
    this.environment()
    follow(wrap, {
      read: (file) => this.reads(file),
      write: (file) => this.notice('writes ' + file),
      prints: () => this.notice('prints'),
    })
    this.streams()
    this.listeners()
    // A package that ends the process ends the rehearsal. The program's listeners do not run.
    wrap(process, 'emit', ([event]) => event === 'exit' && this.stop('ends the process'))
    this.requires()
    // Node prints a warning in the next turn of the event loop: while ES modules load
    // there is one, before a CommonJS program none.
    if (this.plan.async) wrap(process, 'emitWarning', () => this.notice('warns'))
    // Node's own domain changes what all code shares, but nothing that is seen without a domain.
    require('domain')
    this.handles()
    this.cwd = process.cwd()
    this.faults = faults()
    this.descriptors = descriptors()
    this.globals = globals(this.replaced)
    this.nodes = new Set([...this.replaced].map((name) => builtin(name.split('.')[0])))
    this.globals.follow(
      [...this.plan.changed, ...this.replaced],
      (name) => this.uses(name),
      (name) => this.notice('changes ' + name),
    )
  }

  enter(file) {
    if (packageOf(file) !== packageOf(this.entry)) this.channel.say({ type: 'loading', package: packageOf(file) })
    super.enter(file)
    this.before = [Object.keys(cache()).length, (imports() || []).length]
  }

  leave() {
    this.imported()
    this.compare(() => this.news())
    if (this.plan.patched) return // instrumentation works beside the packages, with no caller to tell by
    const now = descriptors()
    for (const [key, what] of now) {
      if (this.descriptors.has(key) || this.kept.has(key)) continue
      if (what) this.kept.set(key, this.message(what, packageOf(this.entry)))
    }
    const waited = faults()
    if (waited !== this.faults) this.notice('starts a program')
    this.faults = waited
    if (process.cwd() !== this.cwd) this.notice('changes the working directory')
    this.cwd = process.cwd()
  }

  loading(file, load) {
    const name = packageOf(file)
    if (!name) {
      if (path.extname(file) === '.json' && !file.startsWith(HOME)) this.reads(file)
      return super.loading(file, load)
    }
    const by = callers()
      .map(packageOf)
      .find((other) => other !== '')
    if (by && by !== name) this.once({ type: 'needs', package: by, name })
    if (this.barred.has(name)) this.notice('needs ' + name)
    if (name === this.stack[this.stack.length - 1]) return load()
    this.compare(this.stack.length > 0 ? this.stack.slice(-1) : () => this.news())
    this.stack.push(name)
    try {
      return load()
    } finally {
      this.compare([name])
      this.stack.pop()
    }
  }

  /** The packages that the item has brought, or its own. */
  news() {
    const names = new Set([packageOf(this.entry)])
    for (const file of Object.keys(cache()).slice(this.before[0])) names.add(packageOf(file))
    for (const url of (imports() || []).slice(this.before[1])) names.add(packageOf(fileOf(url)))
    names.delete('')
    return [...names]
  }

  /** Notices which package has changed what all code shares. Where several packages may have, all
   * of them are noticed. */
  compare(names) {
    const changed = this.globals.changes()
    if (changed.length === 0) return
    const what = 'changes ' + changed.slice(0, NAMED).join(', ')
    if (typeof names === 'function') names = names()
    for (const name of names) {
      this.once(this.message(what, name, this.barred.has(name) ? packageOf(this.entry) : ''))
      this.once({ type: 'changes', package: name, names: changed.slice(0, MOST) })
    }
  }

  /** Notes what a package on the stack does. Loaders may do anything. */
  notice(what, files = callers()) {
    const message = this.blame(what, files)
    if (message) this.once(message)
  }

  blame(what, files) {
    const name = this.who(files)
    return name === null ? null : this.message(what, name)
  }

  /** The package whose code runs, or that of the item; null: a loader's. */
  who(files = callers()) {
    const name = files.map(packageOf).find((name) => name !== '')
    if (name === undefined) return packageOf(this.entry)
    return this.packages.has(name) ? name : null
  }

  once(message) {
    if (!this.said.has(message.type)) this.said.set(message.type, new Set())
    const said = this.said.get(message.type)
    const key = JSON.stringify(message)
    if (said.has(key) || said.size >= MANY) return
    said.add(key)
    this.channel.say(message)
  }

  reads(file) {
    const name = this.who()
    if (name) this.once({ type: 'read', package: name, file })
  }

  uses(name) {
    const files = callers()
    const by = this.who(files)
    if (!by || String(files[0]).startsWith('node:')) return
    if (this.replaced.has(name)) !this.isEarly() && this.notice('reads ' + name + REPLACED, files)
    else this.once({ type: 'uses', package: by, name })
  }

  /** Reports whether the program loads this before it replaces anything. */
  isEarly() {
    return [packageOf(this.entry), ...this.stack].some((name) => this.early.has(name))
  }

  /** Notes what ES modules import, which they have before their first line. */
  imported() {
    for (const url of (imports() || []).slice(this.before[1])) {
      const file = fileOf(url)
      const by = packageOf(file)
      if (!by) continue
      // Without a list: it may have imported any of Node's modules.
      for (const name of cache()[file] ? [] : requests(url) || [ANY]) {
        const needs = Module.isBuiltin(name) || name === ANY ? builtin(name) : packageOf('/node_modules/' + name)
        if (this.nodes.has(needs) && !this.isEarly())
          this.once(this.message('imports ' + needs + ', which the program has changed', by))
        if (needs && needs !== by && !/^[.#/]|^file:/.test(name)) this.once({ type: 'needs', package: by, name: needs })
      }
    }
  }

  // ---- what is watched

  /** What CommonJS packages require, loaded before or not, and of Node: the program may have it wrapped. */
  requires() {
    const see = (name, by) => {
      const file = Module.isBuiltin(name) ? '' : Module._resolveFilename(name, by)
      const needs = file ? packageOf(file) : builtin(name)
      if (needs && needs !== packageOf(by.filename))
        this.once({ type: 'needs', package: packageOf(by.filename), name: needs })
    }
    // The stand-in for the main module notices who looks at it.
    wrap(Module, '_load', ([name, by]) => by && !isProxy(by) && packageOf(by.filename) && safely(see, name, by))
    wrap(process, 'getBuiltinModule', ([name]) =>
      this.once({ type: 'needs', package: this.who() || '', name: builtin(String(name)) }),
    )
  }

  environment() {
    environment((type, name, value) => {
      const by = this.who()
      if (by) this.once({ type, package: by, name, value })
    })
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
            wrap(stream, 'write', () => this.notice('prints'))
          }
          return stream
        },
      })
    }
  }

  /** Listeners of process, because the program's own may come first. Node adds some for
   * its streams at a terminal. */
  listeners() {
    for (const name of LISTENS) {
      wrap(process, name, ([event]) => {
        const files = callers()
        if (files[0] === ENDS || files.some((f) => f.startsWith(STREAMS))) return
        if (files.some(packageOf)) this.notice('listens to process for ' + String(event), files)
      })
    }
  }

  handles() {
    this.hook = async_hooks.createHook({
      init: (id, type, trigger, resource) => {
        if (type !== 'Timeout' && !MADE[type]) return
        // Before a CommonJS program the event loop does not turn: these are due when its first code
        // has run, as in a cold start.
        if (type === 'Timeout' && !this.plan.async && resource._idleTimeout <= 1 && !resource._repeat) return
        const files = callers()
        if (files.some((f) => f.startsWith(STREAMS))) return
        if (!files.some(packageOf) && (type === 'Timeout' || type === 'WORKER' || !this.entry)) return
        const message = this.blame(type === 'Timeout' ? 'leaves a timer' : MADE[type], files)
        if (!message) return
        if (type === 'Timeout') this.timers.set(id, message)
        else this.once(message)
      },
      destroy: (id) => this.timers.delete(id),
    })
    this.hook.enable()
  }

  // ---- the end

  /** Lets postponed work happen. */
  async settle() {
    for (let i = 0; i < 3; i++) await new Promise((done) => turn(done))
    this.leave()
  }

  /** Says what has remained. */
  finish() {
    const now = descriptors()
    this.hook.disable()
    for (const [key, message] of this.kept) if (now.has(key)) this.once(message)
    for (const message of this.timers.values()) this.once(message)
  }
}

/** The name of one of Node's modules among those of packages. */
const builtin = (name) => 'node:' + name.replace(/^node:/, '')

/** Has see called with the arguments before each call of a function. */
function wrap(object, name, see) {
  if (typeof object[name] !== 'function') return
  object[name] = new Proxy(object[name], {
    apply: (target, self, args) => {
      see(args)
      return Reflect.apply(target, self, args)
    },
  })
}

module.exports = { Observer }
