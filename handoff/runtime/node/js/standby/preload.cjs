'use strict'
// Loads the packages of a standby, each as the program did: required or imported.

const fs = require('fs')
const path = require('path')
const Module = require('module')
const { pathToFileURL } = require('url')
const { callers } = require('./stack.cjs')
const { Observer } = require('./observer.cjs')

const TYPED = /\.[cm]?tsx?$/
const OFTEN = 20 // ms between two looks whether the program may go already

const clock = performance.now.bind(performance)

class Preload {
  constructor(channel) {
    this.channel = channel
    this.plan = channel.plan
    this.observer = new Observer(channel)
    this.looked = clock()
    this.hasGone = false
    this.parent = null
  }

  /** Loads what is required. */
  sync() {
    this.begin()
    for (const item of this.plan.load) {
      if (this.over()) break
      if (item.how === 'require') this.require(item.file)
    }
  }

  /** Loads the loaders, as Node would do first, and what is required and imported. */
  async async() {
    const load = (this.load = importer())
    for (const name of this.plan.imports) await load(name)
    await this.translate(load)
    this.begin()
    for (const item of this.plan.load) {
      if (this.over()) break
      if (item.how === 'require') this.require(item.file)
      else await this.import(load, item.file)
    }
    await this.observer.settle()
  }

  /** Has the loader translate a file, as it will have to as soon as the program goes:
   * tsx then has its thread's code compiled, and esbuild's process started, which would
   * be half of the time that a small program takes. The text is new each time, or the
   * loader would have it in its cache. A loader for which that is nothing says so,
   * to nobody. */
  async translate(load) {
    if (this.plan.imports.length === 0 || !TYPED.test(this.plan.main)) return
    const file = path.join(this.channel.folder, 'translate.mts') // it goes with the standby, whatever happens to it
    try {
      fs.writeFileSync(file, 'export const pid: number = ' + process.pid + ' // ' + Date.now() + '\n', { flag: 'wx', mode: 0o600 })
      await load(pathToFileURL(file).href)
    } catch (e) {
      // It has to do that later, then.
    }
    fs.rmSync(file, { force: true })
  }

  begin() {
    this.observer.begin()
    this.parent = standIn(this.plan.main, (what) => this.observer.notice(what))
    // ES modules see no main module, nor do packages that they import.
    if (!this.plan.esm) Object.defineProperty(process, 'mainModule', { value: this.parent.module, configurable: true, writable: true })
  }

  require(file) {
    if (Module._cache[file]) return
    this.observer.enter(file)
    try {
      Module._load(file, this.parent.module, false)
    } catch (e) {
      this.observer.failed(e)
    }
    this.observer.leave()
  }

  async import(load, file) {
    this.observer.enter(file)
    try {
      await load(pathToFileURL(file).href)
    } catch (e) {
      this.observer.failed(e)
    }
    this.observer.leave()
  }

  over() {
    if (!this.hasGone && clock() - this.looked > OFTEN) {
      this.hasGone = this.channel.gone()
      this.looked = clock()
    }
    return this.hasGone
  }

  /** Puts everything in its place again; returns what is to be told. */
  finish() {
    delete process.mainModule
    this.parent.begins()
    return this.observer.finish()
  }
}

/** An import() like Node's own for --import: from the working directory. */
function importer() {
  const from = path.join(process.cwd(), 'hotswap.cjs')
  const module = new Module(from)
  module.filename = from
  module.paths = []
  module._compile('module.exports = (name) => import(name)', from)
  return module.exports
}

/** The main module for as long as there is none: packages keep it as require.main
 * and module.parent. From begins() on it is the real one. A package to which it
 * matters what its main module is, is noticed. */
function standIn(main, notice) {
  const target = new Module(main, undefined)
  target.filename = main
  target.paths = Module._nodeModulePaths(path.dirname(main))
  let begun = false
  const now = () => (begun && process.mainModule) || target
  const handler = {}
  for (const deed of Object.getOwnPropertyNames(Reflect)) {
    handler[deed] = (_, ...args) => {
      if (!begun && !String(callers()[0]).startsWith('node:')) notice('looks at who requires it')
      return Reflect[deed](now(), ...args)
    }
  }
  handler.get = (_, key) => {
    if (!begun && !String(callers()[0]).startsWith('node:')) notice('looks at who requires it')
    return Reflect.get(now(), key)
  }
  return { module: new Proxy(target, handler), begins: () => (begun = true) }
}

module.exports = { Preload }
