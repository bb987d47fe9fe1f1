'use strict'
// The packages' files that this thread has loaded, in the order in which a standby can load them.

const { readFileSync } = require('node:fs')
const { HOME, packageOf, safely } = require('../common.cjs')
const { createRequire } = require('node:module')
const { dirname, extname } = require('node:path')

const { setImmediate } = globalThis // the program may replace it

const CODE = {
  '.js': 'jsx',
  '.cjs': 'js',
  '.mjs': 'js',
  '.jsx': 'jsx',
  '.ts': 'ts',
  '.cts': 'ts',
  '.mts': 'ts',
  '.tsx': 'tsx',
}
const LOADABLE = /\.([cm]?[jt]s|[jt]sx|json|node)$/
const MOST = 5000 // files; a report is a line

/** Returns { file, how } of each file. require.cache has no order of use, and a package whose files
 * import each other in a circle can be entered at one of them only. So the order is that of the
 * imports in the project's files, as their text has them; files that are then missing follow. */
async function loaded(main) {
  const { cache } = require
  const all = Object.keys(cache)
    .filter((file) => file.startsWith('/') && !file.startsWith(HOME))
    .sort()
  const there = new Set(all)
  const load = new Map()
  const seen = new Set()
  const add = (file, how) => {
    if (!load.has(file) && load.size < MOST && LOADABLE.test(file)) load.set(file, { file, how })
  }
  const visit = async (file) => {
    if (seen.has(file)) return
    seen.add(file)
    for (const { name, how } of imports(file)) {
      const found = resolve(name, file, how)
      if (!there.has(found)) continue
      if (packageOf(found)) add(found, how)
      else await visit(found)
    }
    await new Promise((done) => setImmediate(done)) // requests come first
  }
  for (const file of [main, ...all]) if (!packageOf(file)) await visit(file)
  for (const file of all) if (packageOf(file)) add(file, isModule(cache[file]) ? 'import' : 'require')
  return [...load.values()]
}

/** What a file imports and requires, in order. */
function imports(file) {
  const loader = CODE[extname(file)]
  if (!loader) return []
  try {
    const found = new Bun.Transpiler({ loader }).scanImports(readFileSync(file, 'utf8'))
    return found.map(({ path, kind }) => ({ name: path, how: kind.startsWith('require') ? 'require' : 'import' }))
  } catch (e) {
    return [] // it has changed since
  }
}

function resolve(name, from, how) {
  return safely(() => (how === 'require' ? createRequire(from).resolve(name) : Bun.resolveSync(name, dirname(from))))
}

function isModule(module) {
  return Object.prototype.toString.call(module?.exports) === '[object Module]'
}

module.exports = { isModule, loaded }
