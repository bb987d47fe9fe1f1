'use strict'
// By which name a program gets a file of a package. Instrumentation patches what is loaded
// by a package's name, and leaves alone what is loaded by its path.

const fs = require('fs')
const path = require('path')
const { createRequire } = require('module')
const { safely } = require('../common.cjs')

const SYNC = process.features.require_module ? ['module-sync'] : [] // Node 20.19, 22.10 and newer

/** The name and the folder from which it leads to the file; null: no name without a
 * pattern does. how is import or require, and custom are the conditions of -C. */
function specifierOf(file, how, custom) {
  const found = /^(.*[\\/]node_modules)[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file)
  if (!found) return null
  const [folder, from, name] = found
  const manifest = safely(() => JSON.parse(fs.readFileSync(folder + 'package.json', 'utf8')))
  if (!manifest) return null // or the package is in an archive
  const { exports } = manifest
  if (exports === undefined || exports === null) {
    return safely(createRequire(path.join(from, 'hotswap.cjs')).resolve, name) === file ? { name, from } : null
  }
  const conditions = new Set([how, 'node', 'node-addons', 'default', ...SYNC, ...custom])
  const entries = isMap(exports) ? exports : { '.': exports }
  const leads = (key) => !key.includes('*') && path.join(folder, target(entries[key], conditions) || '') === file
  const key = Object.keys(entries).find(leads)
  return key === undefined ? null : { name: name + key.slice(1), from }
}

/** Reports whether exports has names; otherwise it is what the package's name leads to. */
const isMap = (exports) =>
  typeof exports === 'object' && !Array.isArray(exports) && Object.keys(exports).every((key) => key.startsWith('.'))

/** PACKAGE_TARGET_RESOLVE of Node's documentation of packages. */
function target(to, conditions) {
  if (to === null || typeof to === 'string') return to
  for (const key of Object.keys(to)) {
    if (!Array.isArray(to) && !conditions.has(key)) continue
    const resolved = target(to[key], conditions)
    if (resolved !== undefined) return resolved
  }
  return undefined
}

/** The conditions of Node's options. */
function conditionsOf(options) {
  const out = []
  options.forEach((option, i) => {
    if (option === '-C' || option === '--conditions') out.push(options[i + 1])
    else if (/^(-C|--conditions)=/.test(option)) out.push(option.slice(option.indexOf('=') + 1))
  })
  return out
}

module.exports = { specifierOf, conditionsOf }
