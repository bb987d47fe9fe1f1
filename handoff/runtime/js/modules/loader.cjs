'use strict'
// The loader of ES modules, which Node does not hand out. Its cache has each module that
// this thread has imported, in order, and to read it takes no time. V8 knows the variables
// that a function of Node's sees, and tells them to an inspector's session; among them is
// the require of Node's own modules. No domain of the inspector is enabled, so nothing of
// the program changes. Each shape is checked: without it the cache is not known.

const Module = require('module')
const { cache } = require('../internals.cjs')
const { safely } = require('../common.cjs')

const KEY = Symbol('hotswap.loader')

let found // undefined: not looked for yet; null: there is none
let internal // the variables of Node's own files

/** The URLs of the modules that this thread has imported, in order; null: they are not known. */
function imports() {
  const cache = loadCache()
  return cache ? [...cache.keys()] : null
}

/** The names of the files and URLs of all modules that are loaded, or about to be. */
const loaded = () => [...Object.keys(cache()), ...(imports() || [])]

/** The module of a URL, or undefined. Node calls its class ModuleWrap. A loader may have added a query. */
function moduleOf(url) {
  const cache = loadCache()
  if (!cache) return undefined
  const get = (key) => Map.prototype.get.call(cache, key)
  const jobs = get(url) || get([...cache.keys()].find((key) => key.startsWith(url + '?')))
  const job = jobs && (jobs.module ? jobs : Object.values(jobs)[0])
  return job?.module
}

/** What an ES module imports, as its text has it; null: that is not known. */
function requests(url) {
  const module = moduleOf(url)
  if (module && typeof module.getModuleRequests === 'function')
    return module.getModuleRequests().map((request) => request.specifier)
  return module && typeof module.getStaticDependencySpecifiers === 'function'
    ? module.getStaticDependencySpecifiers()
    : null
}

/** What the loaders of ES modules make of a URL: its format and source. Nothing of it runs. */
async function load(url) {
  const importAttributes = { __proto__: null }
  loadCache()
  // Hooks of module.register, in Node 20, load only what has a format, as their own resolve returns it.
  const format =
    typeof found.resolve === 'function' ? (await found.resolve(url, undefined, importAttributes)).format : undefined
  return found.load(url, { format, importAttributes })
}

/** Compiles an ES module, and throws an error that names the line. */
function parse(url, source) {
  const { ModuleWrap } = inside().internalBinding('module_wrap')
  try {
    return new ModuleWrap(url, undefined, source, 0, 0)
  } catch (e) {
    inside().require('internal/util').decorateErrorStack(e)
    throw e
  }
}

/** Returns an ES module of TypeScript without its types, as Node would. */
const strip = (source, file) => inside().require('internal/modules/typescript').stripTypeScriptModuleTypes(source, file)

/** What a module exports that has been run. */
const namespace = (url) => moduleOf(url).getNamespace()

function loadCache() {
  if (found === undefined) found = safely(search) || null // null: this Node is different
  return found?.loadCache
}

function search() {
  const { require } = inside()
  if (typeof require !== 'function') return null
  const loader = require('internal/modules/esm/loader').getOrInitializeCascadedLoader()
  return loader && loader.loadCache && typeof loader.loadCache.keys === 'function' ? loader : null
}

/** The variables that the file of Node's sees which defines Module._load. */
const inside = () => internal || (internal = variables(Module._nodeModulePaths))

/** The variables outside a function that it sees, or its neighbours do, the innermost of each name. */
function variables(f) {
  const { Session } = require('inspector')
  const session = new Session()
  session.connect()
  const box = { f, out: Object.create(null) }
  Object.defineProperty(globalThis, KEY, { value: box, configurable: true })
  const ask = (method, params) => {
    let answer = null
    session.post(method, params, (error, a) => (answer = error ? null : a))
    if (!answer) throw new Error(method)
    return answer
  }
  try {
    const key = `globalThis[Object.getOwnPropertySymbols(globalThis).find((s) => s.description === '${KEY.description}')]`
    const { objectId } = ask('Runtime.evaluate', { expression: key + '.f' }).result
    const scopes = ask('Runtime.getProperties', { objectId, ownProperties: true }).internalProperties.find(
      (p) => p.name === '[[Scopes]]',
    )
    for (const { value } of ask('Runtime.getProperties', { objectId: scopes.value.objectId, ownProperties: true })
      .result) {
      if (!value || !value.objectId || !/^(Closure|Block)/.test(value.description || '')) continue
      ask('Runtime.callFunctionOn', {
        objectId: value.objectId,
        functionDeclaration: `function () { ${key}.out = { __proto__: null, ...(this.object || this), ...${key}.out } }`,
      })
    }
    return box.out
  } finally {
    delete globalThis[KEY]
    session.disconnect()
  }
}

module.exports = { imports, load, loaded, namespace, parse, requests, strip, variables }
