'use strict'
// Which files this thread has loaded as modules, and in what order. Nothing is noted
// while the program loads: CommonJS and the loader of ES modules have a cache each. What a
// program loads in a way of its own, it reads as text (reads.cjs).

const fs = require('fs')
const path = require('path')
const Module = require('module')
const { fileURLToPath } = require('url')
const { isMainThread } = require('worker_threads')
const hooks = require('./hooks.cjs')
const reads = require('./reads.cjs')
const remember = require('../remember/remember.cjs')
const { HOME, clock, packageOf, safely } = require('../common.cjs')
const { imports } = require('./loader.cjs')
const {
  IMPORTS,
  MODULES,
  builtins,
  cache,
  disable,
  holdable,
  invented,
  mainFile,
  seen,
  threads,
  timers,
  works,
} = require('../internals.cjs')

const { setImmediate } = timers
const MANY = 100 // files of a line
const STANDBY = /[\\/]hotswap-run-[^\\/]+[\\/]standby-[^\\/]+[\\/][^\\/]+$/ // files that a standby has written
const SLICE = 3 // ms without a pause

const sent = new Set()

/** Answers an order with what was not sent yet, a few ms at a time. */
function tell(send, order) {
  const steps = answer(send, order.seq)
  const go = () => {
    const until = clock() + SLICE
    for (let step = steps.next(); !step.done; step = steps.next()) {
      if (step.value) return void step.value(() => safely(go)) // it goes on when that is done
      if (clock() >= until) return void setImmediate(safely, go)
    }
  }
  setImmediate(safely, go)
}

/** The steps of an answer. */
function* answer(send, seq) {
  const name = mainFile()
  const urls = imports()
  if (urls === null && works(MODULES)) {
    const { permission } = process // node --permission
    const forbids = permission && !permission.has('inspector')
    disable(IMPORTS, forbids ? '--allow-inspector' : 'the cache of the loader of ES modules')
  }
  const files = yield* listed(name, urls || [])
  yield* reads.follow()
  yield* remember.keep()
  put(
    send,
    seq,
    {
      exact: urls !== null && works(MODULES) && reads.works() && threads() !== null,
      files,
      hooks: yield* hooks.told(),
    },
    name,
    [...builtins(), ...(urls || []).filter((url) => url.startsWith('node:'))],
  )
  keepCompiled()
}

/** What the caches have, in order. */
function* listed(main, urls) {
  const files = new Map() // path → { path, kind, at }
  const before = new Set(seen.before)
  const modules = cache()
  for (const url of urls) {
    const file = url.startsWith('file:') ? fileOf(url) : ''
    if (file && !files.has(file))
      files.set(file, { path: file, kind: modules[file] ? 'cjs' : kindOf(file, 'esm'), at: files.size })
    yield
  }
  // A file that Node did not import is behind the file before it.
  let at = files.has(main) ? files.get(main).at : 0
  for (const key of Object.keys(modules)) {
    yield
    const file = fileOf(key)
    if (!file || !modules[key]) continue
    if (files.has(file)) at = files.get(file).at
    else files.set(file, { path: file, kind: kindOf(file), at: before.has(key) ? -1 : at })
    if (!isRequired(modules[key])) files.get(file).imported = true
  }
  return [...files.values()].sort((a, b) => a.at - b.at)
}

/** Reports whether another module has required one. Node would warn of that question, with --pending-deprecation. */
function isRequired(module) {
  const { noDeprecation } = process
  try {
    process.noDeprecation = true
    return !!module.parent
  } finally {
    process.noDeprecation = noDeprecation
  }
}

function put(send, seq, loaded, name, own) {
  const news = inOrder(loaded.files, name).filter((file) => !sent.has(file.path))
  for (const file of news) sent.add(file.path)
  const files = news.map(({ path, kind, imported }) => ({ path, kind, imported }))
  const read = reads.news()
  while (files.length > MANY || read.length > MANY)
    send({ type: 'files', seq, files: files.splice(0, MANY), read: read.splice(0, MANY) })
  for (const hook of loaded.hooks) send({ type: 'files', seq, files: [], hook })
  send({
    type: 'files',
    seq,
    files,
    read,
    done: true,
    exact: loaded.exact,
    server: isMainThread && !packageOf(name) ? reads.server() : null, // vite-node runs the program itself
    threads: threads() || [],
    main: name,
    execArgv: seen.execArgv,
    holdable: isMainThread && works(MODULES) && holdable(name),
    env: changed(),
    dropped: seen.dropped,
    builtins: own,
  })
}

/** The files as a cold start would have loaded them: a standby has loaded packages before the main
 * module. */
function inOrder(files, main) {
  const ahead = new Set(seen.ahead.map(fileOf))
  const rest = files.filter((file) => !ahead.has(file.path))
  const behind = rest.findIndex((file) => file.path === main) + 1
  return behind === 0
    ? files
    : [...rest.slice(0, behind), ...files.filter((file) => ahead.has(file.path)), ...rest.slice(behind)]
}

/** The variables that the program has changed since its main module began, with their values.
 * A value of many characters, or which is no text, is given as '': it is not known. */
function changed() {
  const was = seen.env || {}
  const now = process.env
  const out = {}
  for (const name of new Set([...Object.keys(was), ...Object.keys(now)])) {
    if (name === 'HOTSWAP_HOLD' || was[name] === now[name]) continue
    out[name] = typeof now[name] !== 'string' || now[name].length > 1024 ? '' : now[name]
  }
  return out
}

function kindOf(file, usual = 'cjs') {
  const ext = path.extname(file)
  return ext === '.json' ? 'json' : ext === '.node' ? 'addon' : usual
}

/** The file of a script's name, which is a URL (ES modules) or a path (CommonJS), with
 * a loader's query. '' for other names. */
function fileOf(name) {
  const file = name.startsWith('file:') ? safely(fileURLToPath, name.replace(/[?#].*$/, '')) : name
  if (!file || !path.isAbsolute(file) || file.startsWith(HOME) || STANDBY.test(file) || invented.has(file)) return ''
  const q = file.indexOf('?')
  return q < 0 || fs.existsSync(file) ? file : file.slice(0, q)
}

/** Has Node write its compile cache into hotswap's folder. By itself Node writes it at
 * its end, but a signal ends most servers. */
function keepCompiled() {
  if (!/[\\/]hotswap[\\/]compiled$/.test(process.env.NODE_COMPILE_CACHE || '')) return
  if (typeof Module.flushCompileCache === 'function') Module.flushCompileCache()
}

module.exports = { answer, fileOf, tell }
