'use strict'
// Which modules a hook wraps. The libraries by which tools hook into the loading of modules look each module
// up in a list. V8 tells the variables of a hook (loader.cjs), and among them is that list: as long as it is
// now, whoever has added to it. The code of the hook has to be that of a library below, because any other hook
// may do something to each module.

const Module = require('module')
const { cache, textOf } = require('../internals.cjs')
const { namespace, variables } = require('./loader.cjs')
const { packageOf, safely } = require('../common.cjs')

const LINKS = 10 // functions of a chain
const NAMED = 2000 // modules of a hook

const is = (f, code) => typeof f === 'function' && code.test(textOf(f))

// What says that a hook is a library's: its variables, and code that looks modules up. Each has the list, and the function that
// the hook calls in its turn.
const LIBRARIES = [
  // require-in-the-middle, of which older versions have it all in the hook
  ({ self, modules, hasWhitelist, patchedRequire }, files, f) =>
    is(patchedRequire || f, /hasWhitelist === true && modules\.includes\(filename\)/) && {
      list: hasWhitelist ? () => (self._unhooked ? [] : modules) : openTelemetrys(files),
      next: self._origRequire,
    },
  // dd-trace has a require-in-the-middle of its own, and a hook that rewrites code.
  ({ moduleHooks, patchedRequire, _origRequire: next }) =>
    is(patchedRequire, /hooks = moduleHooks\[name\]\s+if \(!hooks\) return exports/) && {
      list: () => Object.keys(moduleHooks),
      next,
    },
  ({ rewrite, compile: next }, files, f) => {
    if (
      !is(f, /compile\.call\(this, rewrite\(content, filename, format\)/) ||
      !is(rewrite, /target \|\|= getRewriteTarget\(filename\)\s+if \(!target\) return content/)
    )
      return null
    const { rewriteTargetNames } = variables(variables(rewrite).getRewriteTarget)
    return { list: () => rewriteTargetNames, next }
  },
  // @apm-js-collab/tracing-hooks, of newrelic and Sentry
  ({ self }, files, f) =>
    is(f, /resolvedModule && self\.packages\.has\(resolvedModule\.name\)/) && {
      list: () => self.packages,
      next: self.compile,
    },
  ({ packages, resolveFromURL }) =>
    is(resolveFromURL, /resolvedModule && packages\.has\(resolvedModule\.name\)/) && { list: () => packages },
  // @sentry/server-runtime-injection, which calls one of two of these
  ({ patchedCompile: next }, files, f) =>
    is(f, /alreadyTransformed \? originalCompile : patchedCompile/) && { list: () => [], next },
  ({ loadHook }, files, f) => is(f, /= loadHook\(url, context, nextLoad\)/) && library(loadHook),
]

/** What a hook's library says of it. */
function library(f, files) {
  const v = variables(f)
  for (const of of LIBRARIES) {
    const found = of(v, files, f)
    if (found) return found
  }
  throw new Error('another library')
}

/** Returns what returns the set of names that a function looks up which somebody has put into the place of one of Node's, or
 * null: that is not known. The set is the same until there is another name. With original, the functions down to that one count,
 * too. files are those whose code did that. */
function naming(f, files, original = null) {
  const lists = safely(chain, f, files, original)
  let were = new Set()
  const now = () => {
    const names = new Set(lists.flatMap((list) => [...list()]))
    if (names.size !== were.size || [...names].some((name) => !were.has(name))) were = names
    return were.size > NAMED ? null : were
  }
  return () => safely(now) || null
}

/** The functions that return the names, one of each hook down to the original. */
function chain(f, files, original) {
  const lists = []
  while (f !== original) {
    const { list, next } = library(f, files)
    if (lists.push(list) > LINKS) throw new Error('a long chain')
    f = original && next
  }
  return lists
}

/** The modules of a set of names. */
const modules = (names) => [...names].flatMap(plain)

/** Node's modules begin with node:. A name like ./a.js stands for each loaded file of that name. */
function plain(name) {
  if (Module.isBuiltin(name)) return ['node:' + name.replace(/^node:/, '')]
  if (!name.startsWith('.')) return [name]
  return Object.keys(cache()).filter((file) => file.endsWith(name.slice(1)) && packageOf(file))
}

/** Returns what returns the modules that OpenTelemetry wraps, whose instrumentations share one hook. */
function openTelemetrys(files) {
  const by = files.find((file) =>
    /@opentelemetry[\\/]instrumentation[\\/].*[\\/]RequireInTheMiddleSingleton\.[cm]?js$/.test(file),
  )
  const exports = cache()[by] ? cache()[by].exports : namespace(require('url').pathToFileURL(by).href)
  const walk = (node, name, out) => {
    if (!Array.isArray(node.hooks) || !(node.children instanceof Map) || out.length > NAMED)
      throw new Error('another shape')
    if (node.hooks.length > 0) out.push(name.slice(1))
    node.children.forEach((child, part) => walk(child, name + '/' + part, out))
    return out
  }
  return () => walk(exports.RequireInTheMiddleSingleton._instance._moduleNameTrie._trie, '', [])
}

module.exports = { modules, naming }
