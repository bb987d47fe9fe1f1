'use strict'
// Loads the packages of a standby, each as the program did: required or imported.

const fs = require('fs')
const path = require('path')
const { createRequire } = require('module')
const { pathToFileURL } = require('url')
const { callers } = require('./stack.cjs')
const { assume } = require('./assume.cjs')
const { Guard } = require('./guard.cjs')
const { conditionsOf, specifierOf } = require('./specifier.cjs')
const { imports, loaded } = require('../modules/loader.cjs')
const { HOME, clock, packageOf, safely } = require('../common.cjs')
const { cache, importer, load: loadCommonJS, modulePrototype, seen, unloaded } = require('../internals.cjs')

const TYPED = /\.[cm]?tsx?$/
const OFTEN = 20 // ms between two looks whether the standby is released

class Preload {
  constructor(channel) {
    this.channel = channel
    this.plan = channel.plan
    this.observer = new (this.plan.rehearse ? require('./observer.cjs').Observer : Guard)(channel)
    this.looked = clock()
    this.released = false
    this.parent = null
    this.conditions = conditionsOf([...process.execArgv, ...(process.env.NODE_OPTIONS || '').split(' ')])
  }

  /** Loads what is required. */
  sync() {
    this.steps().next() // without a turn of the event loop
  }

  /** Loads the loaders of --import, as Node would, and then what is required and imported. */
  async async() {
    const load = importer()
    for (const name of this.plan.imports) await load(name)
    await this.translate(load)
    for (const step of this.steps(load)) await step
    await this.observer.settle()
  }

  /** Loads one item after the other. load imports; without load what is imported is left out. */
  *steps(load) {
    this.begin()
    for (const { how, file } of this.plan.load) {
      if (this.over()) break
      if (how === 'require') this.require(file)
      else if (load) yield this.import(load, file)
    }
  }

  /** Has the loader translate a file, because it will have to when the program runs: tsx
   * then compiles its thread's code and starts esbuild, which is half of the boot of a
   * small program. The text differs each time, or the loader would have it in its cache. */
  async translate(load) {
    if (this.plan.imports.length === 0 || !TYPED.test(this.plan.main)) return
    const file = path.join(this.channel.folder, 'translate.mts')
    try {
      fs.writeFileSync(file, 'export const pid: number = ' + process.pid + ' // ' + Date.now() + '\n', {
        flag: 'wx',
        mode: 0o600,
      })
      await load(pathToFileURL(file).href)
    } catch (e) {
      // The loader does not know such files.
    }
    fs.rmSync(file, { force: true })
  }

  begin() {
    this.before = new Set(loaded())
    this.restore = assume(this.plan)
    this.observer.begin()
    this.parent = standIn(this.plan.main, this.plan.rehearse ? (what) => this.observer.notice(what) : null)
    // Packages that ES modules import see no main module.
    if (!this.plan.esm)
      Object.defineProperty(process, 'mainModule', { value: this.parent.module, configurable: true, writable: true })
  }

  require(file) {
    if (cache()[file]) return
    this.observer.enter(file)
    try {
      // Through what instrumentation has put in the place of require.
      if (this.plan.patched) modulePrototype.require.call(this.parent.module, this.requiredAs(file))
      else loadCommonJS(file, this.parent.module)
    } catch (e) {
      this.observer.failed(e)
    }
    this.observer.leave()
  }

  async import(load, file) {
    const url = pathToFileURL(file).href
    if (!this.plan.patched && (imports() || []).includes(url)) return // another package has; a loader's thread takes long to say so
    this.observer.enter(file)
    try {
      const found = this.plan.patched && specifierOf(file, 'import', this.conditions)
      await (found ? importer(found.from)(found.name) : load(url))
    } catch (e) {
      this.observer.failed(e)
    }
    this.observer.leave()
  }

  /** What the main module would require to get a file. */
  requiredAs(file) {
    const found = specifierOf(file, 'require', this.conditions)
    const leads = found && safely(createRequire(this.plan.main).resolve, found.name) === file // else another package requires it
    return leads ? found.name : file
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
    // What the files of --standby-run have required. hotswap knows what they have imported.
    this.observer.finish()
    this.restore()
    seen.hooked = this.plan.hooks
    seen.named = this.plan.named && new Set(this.plan.named)
    seen.ahead = loaded().filter((name) => !this.before.has(name))
    const read = this.plan.patched
      ? Object.keys(cache()).filter((file) => !packageOf(file) && !file.startsWith(HOME))
      : []
    return [...read.map((file) => ({ type: 'read', file })), { type: 'ready' }]
  }
}

/** A main module for the time before there is one: packages keep it as require.main and
 * module.parent. After begins() it passes everything on to the real main module. notice
 * is told of a package that looks at its main module early; null: nobody is. */
function standIn(main, notice) {
  const target = unloaded(main)
  let begun = false
  const now = () => (begun && process.mainModule) || target
  const handler = {}
  const looked = () => {
    if (notice && !begun && !String(callers()[0]).startsWith('node:')) notice('looks at who requires it')
  }
  for (const deed of Object.getOwnPropertyNames(Reflect)) {
    handler[deed] = (_, ...args) => {
      looked()
      return Reflect[deed](now(), ...args)
    }
  }
  handler.get = (_, key) => {
    // the getter of module.parent knows only the module itself
    looked()
    return Reflect.get(now(), key)
  }
  return { module: new Proxy(target, handler), begins: () => (begun = true) }
}

module.exports = { Preload }
