'use strict'
// Loads the packages of a standby, each as the program did: required or imported.

const fs = require('fs')
const path = require('path')
const { pathToFileURL } = require('url')
const { callers } = require('./stack.cjs')
const { Observer } = require('./observer.cjs')
const { cache, importer, load: loadCommonJS, unloaded } = require('../internals.cjs')

const TYPED = /\.[cm]?tsx?$/
const OFTEN = 20 // ms between two looks whether the standby is released

const clock = performance.now.bind(performance)

class Preload {
  constructor(channel) {
    this.channel = channel
    this.plan = channel.plan
    this.observer = new Observer(channel)
    this.looked = clock()
    this.released = false
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

  /** Loads the loaders of --import, as Node would, and then what is required and imported. */
  async async() {
    const load = importer()
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

  /** Has the loader translate a file, because it will have to when the program runs: tsx
   * then compiles its thread's code and starts esbuild, which is half of the boot of a
   * small program. The text differs each time, or the loader would have it in its cache. */
  async translate(load) {
    if (this.plan.imports.length === 0 || !TYPED.test(this.plan.main)) return
    const file = path.join(this.channel.folder, 'translate.mts')
    try {
      fs.writeFileSync(file, 'export const pid: number = ' + process.pid + ' // ' + Date.now() + '\n', { flag: 'wx', mode: 0o600 })
      await load(pathToFileURL(file).href)
    } catch (e) {
      // The loader does not know such files.
    }
    fs.rmSync(file, { force: true })
  }

  begin() {
    this.observer.begin()
    this.parent = standIn(this.plan.main, (what) => this.observer.notice(what))
    // Packages that ES modules import see no main module.
    if (!this.plan.esm) Object.defineProperty(process, 'mainModule', { value: this.parent.module, configurable: true, writable: true })
  }

  require(file) {
    if (cache()[file]) return
    this.observer.enter(file)
    try {
      loadCommonJS(file, this.parent.module)
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
    if (!this.released && clock() - this.looked > OFTEN) {
      this.released = this.channel.released()
      this.looked = clock()
    }
    return this.released
  }

  /** Removes the observer, and returns the messages for hotswap. */
  finish() {
    delete process.mainModule
    this.parent.begins()
    return this.observer.finish()
  }
}

/** A main module for the time before there is one: packages keep it as require.main and
 * module.parent. After begins() it passes everything on to the real main module. A
 * package that looks at its main module early is noticed. */
function standIn(main, notice) {
  const target = unloaded(main)
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
