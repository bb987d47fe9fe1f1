'use strict'
// Which files this thread has loaded as modules, and in what order. Nothing is noted
// while the program loads: CommonJS has its cache, and V8 lists ES modules for a
// debugger, which the adapter is for a moment.

const fs = require('fs')
const path = require('path')
const Module = require('module')
const { fileURLToPath } = require('url')
const { isMainThread } = require('worker_threads')
const reads = require('./reads.cjs')
const { imports, staticImports } = require('./loader.cjs')
const { MODULES, cache, holdable, invented, resolve, seen, works } = require('../internals.cjs')

const HOME = path.dirname(__dirname) + path.sep // of the adapter
const CHUNK = 16 * 1024 // characters of files in a line
const LOOK = 50 // ms between two looks whether a request is being answered
// V8 goes through its whole heap for the list, which takes 100 to 200 ms for so many
// bytes. With more V8 is not asked.
const LARGE = 400 * 1024 * 1024
// From so many bytes that are in neither V8's heap nor a buffer, hence WebAssembly's,
// no debugger is used: V8 would throw away the compiled code (PGlite's queries took 5
// times as long for a second; Node 18 stood still for five). fetch brings 3 MiB along.
const WASM = 8 * 1024 * 1024
const STANDBY = /[\\/]hotswap-run-[^\\/]+[\\/]standby-[^\\/]+[\\/][^\\/]+$/ // files that a standby has written

const IN_PACKAGE = /[\\/]node_modules[\\/]/

const clock = performance.now.bind(performance) // the program may replace it
const SLICE = 3 // ms without a pause for the list of the caches

const sent = new Set()
let last = 0 // the newest order

/** Answers an order at once, with what the caches of CommonJS and of the loader of ES modules
 * have. Where the loader's is not known V8 is asked, as by tell. */
function tellCached(send, order) {
  setImmediate(async () => {
    try {
      const urls = imports()
      if (!urls) return tell(send, order)
      const name = main()
      const files = await listed(name, urls)
      put(send, order.seq, true, { exact: false, files, statics: await statics(name, files) }, name)
      keepCompiled()
    } catch (e) {
      // hotswap gets no answer.
    }
  })
}

/** What the caches have, in order, by a few ms at a time. */
async function listed(main, urls) {
  const files = new Map() // path → { path, kind, at }
  const before = new Set(seen.before)
  const modules = cache()
  let began = clock()
  const pause = async () => {
    if (clock() - began < SLICE) return
    await new Promise((done) => setImmediate(done))
    began = clock()
  }
  for (const url of urls) {
    const file = url.startsWith('file:') ? fileOf(url) : ''
    if (file && !files.has(file)) files.set(file, { path: file, kind: modules[file] ? 'cjs' : kindOf(file, 'esm'), at: files.size, url })
    await pause()
  }
  // A file that Node did not import is behind the file before it.
  let at = files.has(main) ? files.get(main).at : 0
  for (const key of Object.keys(modules)) {
    await pause()
    const file = fileOf(key)
    if (!file || !modules[key]) continue
    if (files.has(file)) at = files.get(file).at
    else files.set(file, { path: file, kind: kindOf(file), at: before.has(key) ? -1 : at })
    if (!modules[key].parent) files.get(file).imported = true
  }
  return [...files.values()].sort((a, b) => a.at - b.at)
}

/** What the project's ES modules before the main module import statically, as file → files:
 * up to the first that is in no package. Node's own modules are left out. */
async function statics(main, files) {
  const out = {}
  for (const { path: file, kind, url } of files) {
    if (file === main) return out
    if (kind !== 'esm' || !url || IN_PACKAGE.test(file)) continue
    const urls = await staticImports(url)
    if (!urls) continue
    out[file] = []
    for (const to of urls) {
      if (to.startsWith('node:')) continue
      const name = /[?#]/.test(to) ? '' : fileOf(to)
      if (!IN_PACKAGE.test(name)) break
      out[file].push(name)
    }
  }
  return {} // the main module is not among the files
}

/** Answers an order with what was not sent yet, at a moment when no client waits, or
 * when the order's patience has ended. */
function tell(send, order) {
  const due = clock() + (order.patienceMs || 0)
  if (!order.cached) last = order.seq
  const attempt = async () => {
    if (!order.cached && last !== order.seq) return // a newer order will be answered
    try {
      if (clock() < due && busy()) return void setTimeout(attempt, LOOK).unref()
      await answer(send, order.seq, order.cached)
      keepCompiled()
    } catch (e) {
      // hotswap gets no answer.
    }
  }
  setImmediate(attempt)
}

/** Reports whether a client of this thread would notice a pause. */
function busy() {
  const conns = require.cache[path.join(HOME, 'drain', 'conns.cjs')]
  return conns !== undefined && conns.exports.busy()
}

async function answer(send, seq, cached) {
  const name = main()
  let loaded = { exact: false, files: [] }
  try {
    const scripts = parsed()
    loaded = scripts ? gather(scripts) : { exact: false, files: await listed(name, imports() || []) }
  } catch (e) {
    // The answer is an empty list.
  }
  put(send, seq, cached, loaded, name)
}

function put(send, seq, cached, loaded, name) {
  let part = []
  let size = 0
  for (const { path, kind, imported } of inOrder(loaded.files, name)) {
    if (sent.has(path)) continue
    sent.add(path)
    part.push({ path, kind, imported })
    size += path.length
    if (size < CHUNK) continue
    send({ type: 'files', seq, cached, files: part })
    part = []
    size = 0
  }
  let read = []
  size = 0
  for (const file of cached ? [] : reads.news()) {
    read.push(file)
    size += file.length
    if (size < CHUNK) continue
    send({ type: 'files', seq, cached, files: [], read })
    read = []
    size = 0
  }
  send({ type: 'files', seq, cached, files: part, read, done: true, exact: loaded.exact, main: name, execArgv: seen.execArgv, holdable: isMainThread && holdable(name), env: changed(), dropped: seen.dropped, ranMain: seen.at, statics: loaded.statics })
}

/** The files as a cold start would have loaded them: a standby has loaded packages before the main
 * module. */
function inOrder(files, main) {
  const ahead = new Set(seen.ahead.map(fileOf))
  const rest = files.filter((file) => !ahead.has(file.path))
  const behind = rest.findIndex((file) => file.path === main) + 1
  return behind === 0 ? files : [...rest.slice(0, behind), ...files.filter((file) => ahead.has(file.path)), ...rest.slice(behind)]
}

/** What Node was told to run, without a symbolic link; '' for -e and the like. */
function main() {
  const arg = process.argv[1]
  return arg ? resolve(arg) || path.resolve(arg) : ''
}

/** All files, in the order in which V8 has compiled these scripts. */
function gather(scripts) {
  const found = new Map() // path → { path, kind, at }
  for (const s of scripts) {
    const file = fileOf(s.url)
    if (file && !found.has(file)) found.set(file, { path: file, kind: s.module ? 'esm' : 'cjs', at: s.at })
  }
  const modules = cache()
  // The cache has a module before those that the module requires. A file without a
  // script (JSON, addons) comes behind its predecessor.
  let at = 0
  for (const key of Object.keys(modules)) {
    const file = fileOf(key)
    if (!file) continue
    const known = found.get(file)
    if (known) at = known.at
    else found.set(file, { path: file, kind: kindOf(file), at })
    if (!modules[key].parent) found.get(file).imported = true
  }
  return { exact: works(MODULES) && reads.works(), files: [...found.values()].sort((a, b) => a.at - b.at) }
}

/** The variables that the program has changed since its main module began, with their values.
 * A value of many characters is given as '': it is not known. */
function changed() {
  const was = seen.env || {}
  const now = process.env
  const out = {}
  for (const name of new Set([...Object.keys(was), ...Object.keys(now)])) {
    if (name === 'HOTSWAP_HOLD' || was[name] === now[name]) continue
    out[name] = now[name] === undefined || now[name].length > 1024 ? '' : now[name]
  }
  return out
}

function kindOf(file, usual = 'cjs') {
  const ext = path.extname(file)
  return ext === '.json' ? 'json' : ext === '.node' ? 'addon' : usual
}

/** The scripts in memory; null where V8 is not asked. A debugger that the user has attached has a
 * session of its own, and does not notice this one. */
function parsed() {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  // arrayBuffers has shared buffers, too, and may be the larger number.
  const wasm = external > arrayBuffers ? external - arrayBuffers : external
  if (wasm >= WASM || heapUsed >= LARGE) return null
  let session = null
  try {
    const { Session } = require('inspector') // not in every Node
    session = new Session()
    session.connect()
    const out = []
    session.on('Debugger.scriptParsed', ({ params: p }) => {
      out.push({ url: p.embedderName || p.url, module: p.isModule, at: Number(p.scriptId) })
    })
    session.post('Debugger.enable')
    return out
  } catch (e) {
    return null
  } finally {
    if (session) session.disconnect()
  }
}

/** The file of a script's name, which is a URL (ES modules) or a path (CommonJS), with
 * a loader's query. '' for other names. */
function fileOf(name) {
  try {
    const file = name.startsWith('file:') ? fileURLToPath(name.replace(/[?#].*$/, '')) : name
    if (!path.isAbsolute(file) || file.startsWith(HOME) || STANDBY.test(file) || invented.has(file)) return ''
    const q = file.indexOf('?')
    return q < 0 || fs.existsSync(file) ? file : file.slice(0, q)
  } catch (e) {
    return ''
  }
}

/** Has Node write its compile cache into hotswap's folder. By itself Node writes it at
 * its end, but a signal ends most servers. */
function keepCompiled() {
  if (!/[\\/]hotswap[\\/]compiled$/.test(process.env.NODE_COMPILE_CACHE || '')) return
  if (typeof Module.flushCompileCache === 'function') Module.flushCompileCache()
}

module.exports = { tell, tellCached, answer }
