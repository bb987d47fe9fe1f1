'use strict'
// Which files this thread has loaded as modules, in what order. Nothing is noted
// while the program loads: CommonJS has its cache, and of ES modules V8 tells when
// a debugger asks, which is for a moment a session of this very thread.

const fs = require('fs')
const path = require('path')
const { held, seen } = require('../standby/runmain.cjs')
const Module = require('module')
const { fileURLToPath } = require('url')
const { isMainThread } = require('worker_threads')

const HOME = path.dirname(__dirname) + path.sep // of the adapter
const CHUNK = 16 * 1024 // characters of files in a line
const LOOK = 50 // ms between two looks whether a request is being answered
// To ask V8 goes through its whole heap: 100 to 200 ms for so many bytes, and then
// it is not asked.
const LARGE = 400 * 1024 * 1024
// Bytes that are in neither V8's heap nor a buffer, so WebAssembly's for the most
// part, from which on a debugger is not asked: it would throw away the compiled code
// (PGlite's queries took 5 times as long for a second, sql.js's 3 times; Node 18
// stood still for five, and for one). What fetch brings along is 3 MiB, and does not matter.
const WASM = 8 * 1024 * 1024
const STANDBY = /[\\/]hotswap-run-[^\\/]+[\\/]standby-[^\\/]+[\\/][^\\/]+$/ // what a standby has had loaded

const clock = performance.now.bind(performance) // a program's tests may replace it
const sent = new Set()
let last = 0 // the newest order

/** Answers an order: what was not sent yet, at a moment when no request waits for
 * it, or when it is urgent. */
function tell(send, order) {
  const due = clock() + (order.patienceMs || 0)
  last = order.seq
  const attempt = () => {
    if (last !== order.seq) return // asked anew: the answer is that one's
    try {
      if (clock() < due && busy()) return void setTimeout(attempt, LOOK).unref()
      answer(send, order.seq)
      keepCompiled()
    } catch (e) {
      // hotswap sees no answer.
    }
  }
  setImmediate(attempt)
}

/** Whether a client of this thread would feel that it stands still. */
function busy() {
  const conns = require.cache[path.join(HOME, 'drain', 'conns.cjs')] // if there is any
  return conns !== undefined && conns.exports.busy()
}

function answer(send, seq) {
  let loaded = { exact: false, files: [] }
  const name = main()
  try {
    loaded = gather(name)
  } catch (e) {
    // Nothing is an answer too.
  }
  let part = []
  let size = 0
  for (const f of loaded.files) {
    if (sent.has(f.path)) continue
    sent.add(f.path)
    part.push(f)
    size += f.path.length
    if (size < CHUNK) continue
    send({ type: 'files', seq, files: part })
    part = []
    size = 0
  }
  send({ type: 'files', seq, files: part, done: true, exact: loaded.exact, main: name, execArgv: seen.execArgv, held: isMainThread && held(name), env: changed() })
}

/** What Node was told to run, without a symbolic link; '' for -e and the like. */
function main() {
  const arg = process.argv[1]
  if (!arg) return ''
  try {
    return Module._resolveFilename(path.resolve(arg), null, true)
  } catch (e) {
    return path.resolve(arg)
  }
}

/** All files, in the order in which they were compiled. */
function gather(main) {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  // Shared buffers are among arrayBuffers only: then it is all that can be told.
  const wasm = external > arrayBuffers ? external - arrayBuffers : external
  const scripts = wasm < WASM && heapUsed < LARGE ? parsed() : null
  const found = new Map() // path → { path, kind, at }
  for (const s of scripts || (heapUsed < LARGE && executed()) || []) {
    const file = fileOf(s.url)
    if (file && !found.has(file)) found.set(file, { path: file, kind: s.module ? 'esm' : 'cjs', at: s.at })
  }
  // It is no worker's, and not in CommonJS's cache either when its script is forgotten.
  if (main && !scripts && isMainThread && !found.has(main) && !Module._cache[main]) found.set(main, { path: main, kind: 'esm', at: 0 })
  // A module is in the cache before it is compiled, and what it requires after it:
  // what has no script (JSON, addons) comes behind its predecessor.
  let at = 0
  for (const key of Object.keys(Module._cache)) {
    const file = fileOf(key)
    if (!file) continue
    const known = found.get(file)
    if (known) at = known.at
    else found.set(file, { path: file, kind: kindOf(file), at })
    if (!Module._cache[key].parent) found.get(file).imported = true
  }
  const files = [...found.values()].sort((a, b) => a.at - b.at)
  return { exact: scripts !== null, files: files.map(({ path, kind, imported }) => ({ path, kind, imported })) }
}

/** The names of variables that are not as the process got them: proc_pid_environ(5). */
function changed() {
  let text
  try {
    text = fs.readFileSync('/proc/self/environ', 'utf8')
  } catch (e) {
    return []
  }
  const was = new Map()
  for (const line of text.split('\0')) {
    const i = line.indexOf('=')
    if (i > 0 && !was.has(line.slice(0, i))) was.set(line.slice(0, i), line.slice(i + 1))
  }
  was.delete('HOTSWAP_HOLD')
  const now = process.env
  return [...new Set([...was.keys(), ...Object.keys(now)])].filter((name) => was.get(name) !== now[name])
}

function kindOf(file) {
  const ext = path.extname(file)
  return ext === '.json' ? 'json' : ext === '.node' ? 'addon' : 'cjs'
}

/** The scripts that are in memory. A debugger that the user has attached has a
 * session of its own, and hears nothing of this one. */
function parsed() {
  return session((s) => {
    const out = []
    s.on('Debugger.scriptParsed', ({ params: p }) => {
      out.push({ url: p.embedderName || p.url, module: p.isModule, at: Number(p.scriptId) })
    })
    s.post('Debugger.enable')
    return out
  })
}

/** The scripts of whose run V8 still knows: not all, but asking changes nothing. */
function executed() {
  return session((s) => {
    let out = []
    s.post('Profiler.enable')
    s.post('Profiler.getBestEffortCoverage', (error, answer) => {
      out = ((answer && answer.result) || []).map((p) => {
        return { url: p.url, module: p.url.startsWith('file:'), at: Number(p.scriptId) }
      })
    })
    s.post('Profiler.disable')
    return out
  })
}

function session(ask) {
  let s
  try {
    const { Session } = require('inspector') // not in every Node
    s = new Session()
    s.connect()
    return ask(s)
  } catch (e) {
    return null
  } finally {
    if (s) s.disconnect()
  }
}

/** The file of a script's name: a URL of an ES module, a path of CommonJS. '' for
 * others. Loaders put a query behind either. */
function fileOf(name) {
  try {
    const file = name.startsWith('file:') ? fileURLToPath(name.replace(/[?#].*$/, '')) : name
    if (!path.isAbsolute(file) || file.startsWith(HOME) || STANDBY.test(file)) return ''
    const q = file.indexOf('?')
    return q < 0 || fs.existsSync(file) ? file : file.slice(0, q)
  } catch (e) {
    return ''
  }
}

/** Has Node write down what it has compiled, where hotswap has said that it is
 * kept: of itself it does so at its end, which most servers meet by a signal. */
function keepCompiled() {
  if (!/[\\/]hotswap[\\/]compiled$/.test(process.env.NODE_COMPILE_CACHE || '')) return
  if (typeof Module.flushCompileCache === 'function') Module.flushCompileCache()
}

module.exports = { tell, answer }
