'use strict'
// Who has modules wrapped or changed while they are loaded, as OpenTelemetry does. A package that a
// standby has loaded already cannot be wrapped by a hook that the program installs later, so hotswap
// has to know which hooks there are, and which modules they name.

const Module = require('module')
const { cache, onHooks, onRequire, seen, stack } = require('../internals.cjs')
const { HOME, packageOf } = require('../common.cjs')
const compile = Module.prototype._compile

const POINTS = [
  [Module, '_load'],
  [Module.prototype, 'require'],
]
const DEPTH = 200
const MOST = 20 // files of a hook, and hooks
const NAMED = 400 // modules or packages of a hook

const hooks = [] // { files, does, original, before, then, runs }: then are names of loaded files
const watched = [] // { object, name, get }
let begun = false
let broken = false // what may be hooked is not known
let wrapped = false
let compiles = compile // what Module.prototype._compile was when this was last looked at
let latest = null // the hook since which nothing was loaded
let expecting = false

/** Wraps what a program calls, before any package can have it. */
function prepare() {
  if (wrapped) return
  onHooks((f, name, given) => note(f, given?.load))
  Module.syncBuiltinESMExports() // for import { register } from 'module'
  wrapped = true
}

/** Notes the hooks that are installed from now on. If that fails, what may be hooked is not known. */
function begin() {
  prepare()
  compiles = Module.prototype._compile // in a standby, what Node's options load has replaced it
  POINTS.forEach(([object, name]) => watch(object, name))
  begun = true
}

function watch(object, name) {
  const was = Object.getOwnPropertyDescriptor(object, name)
  if (!was.configurable || typeof was.value !== 'function') throw new Error('another shape')
  let { value } = was
  const get = function () {
    if (object === Module) compiled(get)
    return value
  }
  const set = function (next) {
    // A module may have a function of its own, as those that ts-node compiles.
    if (this !== object)
      return void Object.defineProperty(this, name, {
        value: next,
        writable: true,
        enumerable: true,
        configurable: true,
      })
    const before = value
    value = next // first, because expect wraps what is there
    if (next !== before) note(set, next === was.value ? null : next)
  }
  Object.defineProperty(object, name, { get, set, enumerable: true, configurable: true })
  watched.push({ object, name, get })
}

/** Notes at the next load of a module that somebody has replaced _compile. That property has no accessor, which Datadog's tracer
 * would wrap as if the getter were the function. */
function compiled(get) {
  const was = compiles
  const n = hooks.length
  compiles = Module.prototype._compile // first, because to note it may load a module
  if (compiles !== was) {
    note(get, compiles, compile)
    if (hooks.length === n) return void (compiles = was)
  }
  latest = null
}

/** Notes a hook. f is the function that its installer has called, and does is what will load modules; original: down to Node's. */
function note(f, does, original) {
  try {
    if (begun && does !== null && hooks.length <= MOST) add(f, does, original)
  } catch (e) {
    broken = true
  }
}

function add(f, does, original) {
  const all = stack(f, DEPTH)
    .map(fileOf)
    .filter((file) => file !== '')
  if (all.length > 0 && all[0].startsWith(HOME)) return // hotswap's own
  const last = latest
  const own = [...new Set(all)].filter((file) => !file.startsWith(HOME))
  // Sentry has replaced _compile right behind its hook, before it loads a module: what is no library's may be anybody's.
  const files = original && last && listOf({ does, files: own, original }) ? last.files : own
  const file = files.find((file) => packageOf(file) === '')
  const by = cache()[file]
  const first = by ? by.children.map((child) => packageOf(child.filename)) : null
  hooks.push({
    files: files.slice(0, MOST),
    does,
    original,
    before: first,
    then: new Set(require('./loader.cjs').loaded()),
    runs: running(files),
  })
  if (seen.ahead.length > 0) guard(file)
  latest = hooks[hooks.length - 1] // last, because all before loads modules
}

/** Has the program load packages anew behind a hook that a file of the project has installed. */
function guard(file) {
  if (seen.named)
    expect() // also behind a hook that was there before: another file may have it name more now
  else if (!seen.hooked.includes(file)) reload()
}

/** Has the program load anew what a standby has loaded, if it requires a part of that when a hook names what no hook named in
 * the generation before. */
function expect() {
  if (expecting) return
  expecting = true
  const ahead = new Set(seen.ahead)
  onRequire((file) => {
    if (!ahead.has(file)) return false
    const fewer = hooks.every((hook) => {
      const names = listOf(hook)
      if (names && names === hook.expected) return true // to look at each name again takes long
      hook.expected = names
      return names !== null && namesOf(hook).every((name) => seen.named.has(name))
    })
    if (!fewer) reload()
    return !fewer
  })
}

/** The modules that a hook names now; null: it may see all. */
function namesOf(hook) {
  const names = listOf(hook)
  return names && require('./names.cjs').modules(names)
}

/** The names in the lists of a hook, the same set until there is another name; null: it may see all. */
function listOf(hook) {
  hook.naming = hook.naming || require('./names.cjs').naming(hook.does, hook.files, hook.original)
  return hook.naming()
}

/** Has the program load anew, behind a hook that nobody has expected, what a standby has loaded and the
 * program has not required yet. ES modules stay, and so do packages with machine code. */
function reload() {
  const modules = cache()
  const ahead = new Set(seen.ahead)
  const addons = new Set(seen.ahead.filter((file) => file.endsWith('.node')).map(packageOf))
  const imported = new Set((require('./loader.cjs').imports() || []).map(fileOf))
  const kept = new Set()
  const todo = Object.keys(modules)
    .filter((file) => !ahead.has(file) || imported.has(file) || addons.has(packageOf(file)))
    .map((file) => modules[file])
  for (let module; (module = todo.pop());) {
    if (kept.has(module)) continue
    kept.add(module)
    todo.push(...(module.children || [])) // New Relic keeps something else in the cache, too
  }
  seen.ahead = seen.ahead.filter((file) => !modules[file] || kept.has(modules[file]) || !delete modules[file])
}

/** The packages whose files hook into the loading of modules as soon as they are loaded. An ES module runs, unless code of the
 * project has called it. */
const running = (files) =>
  files
    .filter((file) => (cache()[file] ? !cache()[file].loaded : files.every(packageOf)))
    .map(packageOf)
    .filter((name, i, all) => name && all.indexOf(name) === i)

/** The hooks, for hotswap: the files on the stack of each, innermost first; the packages that the
 * project's file has loaded before; the packages of which all files were loaded then; those that hook as soon as they are loaded;
 * the modules that the hook names, or null where it may see all. The first has the marks of what all code shares, which hooks
 * replace, too. It takes some steps. */
function* told() {
  const unknown = { by: [], before: [], loaded: [], runs: [], names: null }
  const lost = ({ object, name, get }) => (Object.getOwnPropertyDescriptor(object, name) || {}).get !== get
  if (!begun || broken || hooks.length > MOST || watched.some(lost) || compiles !== Module.prototype._compile)
    return [unknown]
  if (hooks.length === 0) return []
  const marks = yield* require('../standby/shared.cjs').marks()
  return hooks.map((hook, i) => {
    const { files, before, then, runs } = hook
    const by = files.find((file) => packageOf(file) === '')
    const first = new Set(before || (by && requestsOf(by)) || [])
    const all = new Set([...then].map(packageOf))
    for (const file of require('./loader.cjs').loaded()) if (!then.has(file)) all.delete(packageOf(file))
    for (const set of [first, all]) {
      set.delete('')
      if (set.size > NAMED) set.clear()
    }
    return {
      by: files,
      before: [...first],
      loaded: [...all],
      runs,
      names: namesOf(hook),
      marks: i === 0 ? marks : undefined,
    }
  })
}

/** The packages that an ES module of the project imports, which are loaded before its first line. */
function requestsOf(file) {
  const { requests } = require('./loader.cjs')
  return (requests(require('url').pathToFileURL(file).href) || []).map((name) => packageOf('/node_modules/' + name))
}

/** A script's file; '' for Node's own. */
function fileOf(name) {
  const file = require('../standby/stack.cjs').plain(name) || ''
  return file.startsWith('node:') ? '' : file
}

module.exports = { begin, prepare, told }
