'use strict'
// Who has modules wrapped or changed while they are loaded, as OpenTelemetry does. A package that a
// standby has loaded already cannot be wrapped by a hook that the program installs later, so hotswap
// has to know which hooks there are, and which modules they name.
// The syntax is that of Node 12.

const Module = require('module')
const { cache, seen, stack } = require('../internals.cjs')

const HOME = __dirname.slice(0, -'modules'.length) // of the adapter
const POINTS = [[Module, '_load'], [Module.prototype, 'require'], [Module.prototype, '_compile']]
const CALLS = ['register', 'registerHooks']
const DEPTH = 200
const MOST = 20 // files of a hook, and hooks
const NAMED = 400 // modules or packages of a hook

const hooks = [] // { files, before, then }: then are names of loaded files
const watched = [] // { object, name, get }
let begun = false
let broken = false // what may be hooked is not known
let wrapped = false

/** Wraps what a program calls, before any package can have it. */
function prepare() {
  if (wrapped) return
  wrapped = true
  try {
    CALLS.forEach(called)
    Module.syncBuiltinESMExports() // for import { register } from 'module'
  } catch (e) {
    broken = true
  }
}

/** Notes the hooks that are installed from now on. */
function begin() {
  prepare()
  try {
    POINTS.forEach(([object, name]) => watch(object, name))
    begun = true
  } catch (e) {
    broken = true
  }
}

function watch(object, name) {
  const was = Object.getOwnPropertyDescriptor(object, name)
  if (!was.configurable || typeof was.value !== 'function') throw new Error('another shape')
  let { value } = was
  const get = () => value
  const set = function (next) {
    // A module may have a function of its own, as those that ts-node compiles.
    if (this !== object) return void Object.defineProperty(this, name, { value: next, writable: true, enumerable: true, configurable: true })
    if (next !== value) note(set)
    value = next
  }
  Object.defineProperty(object, name, { get, set, enumerable: true, configurable: true })
  watched.push({ object, name, get })
}

function called(name) {
  const original = Module[name]
  if (typeof original !== 'function') return
  // One object, because the function keeps its name and its number of parameters.
  const { [name]: noting } = {
    [name]() {
      note(noting)
      return Reflect.apply(original, this, arguments)
    },
  }
  Object.defineProperty(noting, 'length', { value: original.length, configurable: true })
  Module[name] = noting
}

/** Notes a hook. f is the function that its installer has called. */
function note(f) {
  try {
    if (begun && hooks.length <= MOST) add(f)
  } catch (e) {
    broken = true
  }
}

function add(f) {
  const all = stack(f, DEPTH).map(fileOf).filter((file) => file !== '')
  if (all.length > 0 && all[0].startsWith(HOME)) return // hotswap's own
  const files = [...new Set(all)].filter((file) => !file.startsWith(HOME))
  const file = files.find((file) => packageOf(file) === '')
  const by = cache()[file]
  if (seen.ahead.length > 0 && !seen.hooked.includes(file)) reload()
  hooks.push({ files: files.slice(0, MOST), before: by ? by.children.map((child) => packageOf(child.filename)) : null, then: new Set(names(files) ? loaded() : []) })
}

/** Has the program load anew, behind a hook that nobody has expected, what a standby has loaded and the
 * program has not required yet. ES modules stay, and so do packages with machine code. */
function reload() {
  const modules = cache()
  const ahead = new Set(seen.ahead)
  const addons = new Set(seen.ahead.filter((file) => file.endsWith('.node')).map(packageOf))
  const imported = new Set((require('./loader.cjs').imports() || []).map(fileOf))
  const kept = new Set()
  const todo = Object.keys(modules).filter((file) => !ahead.has(file) || imported.has(file) || addons.has(packageOf(file))).map((file) => modules[file])
  for (let module; (module = todo.pop()); ) {
    if (kept.has(module)) continue
    kept.add(module)
    todo.push(...module.children)
  }
  seen.ahead = seen.ahead.filter((file) => !modules[file] || kept.has(modules[file]) || !delete modules[file])
}

/** The names of the files that are loaded, or about to be. */
const loaded = () => [...Object.keys(cache()), ...(require('./loader.cjs').imports() || [])]

/** The hooks, for hotswap: the files on the stack of each, innermost first; the packages that the
 * project's file has loaded before; the packages of which all files were loaded then; the modules that
 * the hook names, or null where it may see all. */
function told() {
  const unknown = { by: [], before: [], loaded: [], names: null }
  const lost = ({ object, name, get }) => (Object.getOwnPropertyDescriptor(object, name) || {}).get !== get
  if (!begun || broken || hooks.length > MOST || watched.some(lost)) return [unknown]
  return hooks.map(({ files, before, then }) => {
    const by = files.find((file) => packageOf(file) === '')
    const first = new Set(before || (by && requestsOf(by)) || [])
    const all = new Set([...then].map(packageOf))
    for (const file of loaded()) if (!then.has(file)) all.delete(packageOf(file))
    for (const set of [first, all]) {
      set.delete('')
      if (set.size > NAMED) set.clear()
    }
    return { by: files, before: [...first], loaded: [...all], names: namesOf(files) }
  })
}

/** The packages that an ES module of the project imports, which are loaded before its first line. */
function requestsOf(file) {
  const { requests } = require('./loader.cjs')
  return (requests(urlOf(file)) || []).map((name) => packageOf('/node_modules/' + name))
}

/** Reports whether a hook is OpenTelemetry's, which all of its instrumentations share, and which knows the
 * names of the modules that they wrap. */
const names = ([hook, by]) => /[\\/]require-in-the-middle[\\/]index\.js$/.test(hook) && /@opentelemetry[\\/]instrumentation[\\/].*[\\/]RequireInTheMiddleSingleton\.[cm]?js$/.test(by)

/** The modules that a hook wraps; null: that is not known. */
function namesOf(files) {
  if (!names(files)) return null
  const by = files[1]
  try {
    const exports = cache()[by] ? cache()[by].exports : require('./loader.cjs').namespace(urlOf(by))
    const out = []
    const walk = (node, name) => {
      if (!Array.isArray(node.hooks) || !(node.children instanceof Map) || out.length > NAMED) throw new Error('another shape')
      if (node.hooks.length > 0) out.push(name.slice(1))
      node.children.forEach((child, part) => walk(child, name + '/' + part))
    }
    walk(exports.RequireInTheMiddleSingleton._instance._moduleNameTrie._trie, '')
    return out.map((name) => (Module.isBuiltin(name) ? 'node:' + name.replace(/^node:/, '') : name))
  } catch (e) {
    return null
  }
}

const urlOf = (file) => require('url').pathToFileURL(file).href
const packageOf = (file) => require('../standby/stack.cjs').packageOf(file)

/** A script's file; '' for Node's own. */
function fileOf(name) {
  if (!name || name.startsWith('node:')) return ''
  try {
    return name.startsWith('file:') ? require('url').fileURLToPath(name.replace(/[?#].*$/, '')) : name.replace(/\?.*$/, '')
  } catch (e) {
    return ''
  }
}

module.exports = { begin, prepare, told }
