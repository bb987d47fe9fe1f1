'use strict'
// Whether changed files still compile, by the loaders that this thread has loaded them with. Nothing of the
// files runs. A file is broken only if every way fails in which the thread may load it; what is not known is not told.

const path = require('path')
const vm = require('vm')
const Module = require('module')
const { pathToFileURL } = require('url')
const { cache, unloaded } = require('../internals.cjs')
const { imports, load, parse, strip } = require('./loader.cjs')
const { fileOf } = require('./modules.cjs')

const SOURCE = /\.([cm]?[jt]sx?|json)$/ // other handlers of Module._extensions may do more than compile
const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname']
const LINES = 20 // of an error
const WIDTH = 1000 // characters: generated code may have longer lines than hotswap reads

/** Answers an order with what is wrong with the first file that is broken. */
async function check(send, { seq, files }) {
  const urls = (imports() || []).filter((url) => url.startsWith('file:')).map((url) => ({ url, file: fileOf(url) }))
  let lines = []
  for (const file of files) {
    const error = await broken(file, urls).catch(() => null)
    if (error && (lines = told(file, error)).length > 0) break
  }
  send({ type: 'checked', seq, lines })
}

/** Why a file does not compile; null: it does, or that is not known. urls has what was imported, with the file of each. */
async function broken(file, urls) {
  if (!SOURCE.test(file)) return null
  const found = []
  if (cache()[file]) found.push(required(file))
  for (const known of urls) if (known.file === file) found.push(await imported(known.url, file).catch(syntactic))
  return found.includes(null) ? null : found.find((error) => error) || null
}

// Each returns an error, null if there is none, or undefined if that is not known.

/** Has the handler of CommonJS compile the file. Handlers give their result to the module's _compile, which strips types where
 * Node's own handler names such a format. Without one that handler has read what another loader compiles, as jiti does. */
function required(file) {
  const module = unloaded(file)
  const ending = extensionOf(file)
  const foreign = ending === '.js' && /\.([cm]?ts|[jt]sx)$/.test(file)
  let result
  module._compile = (code, _, format) => {
    if (/typescript$/.test(format)) result = errorOf(() => strip(code, file))
    else if (!foreign) result = compiled(code, file)
  }
  const error = errorOf(() => Module._extensions[ending](module, file)) || result
  return error?.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' ? undefined : error // another loader may do enums
}

/** The longest extension that has a handler, as Node looks for it. */
function extensionOf(file) {
  const name = path.basename(file)
  for (let at = name.indexOf('.', 1); at >= 0; at = name.indexOf('.', at + 1))
    if (Module._extensions[name.slice(at)]) return name.slice(at)
  return '.js'
}

async function imported(url, file) {
  const { format, source } = await load(url)
  const text =
    typeof source === 'string' || source === null || source === undefined ? source : Buffer.from(source).toString()
  if (typeof text !== 'string') return undefined
  if (format === 'commonjs' || format === 'module') return compiled(text, file)
  if (format === 'module-typescript') return compiled(strip(text, file), file)
  return format === 'json' ? errorOf(() => JSON.parse(text)) : undefined
}

/** Compiles code as CommonJS and as an ES module: a file may have become the other. */
function compiled(code, file) {
  const script = errorOf(() => vm.compileFunction(code, PARAMETERS, { filename: file }))
  if (script === null) return null
  const module = errorOf(() => parse(pathToFileURL(file).href, code))
  if (module === null) return null
  return script && module && (/^(im|ex)port\b/m.test(code) ? module : script)
}

function errorOf(f) {
  try {
    f()
    return null
  } catch (e) {
    return syntactic(e)
  }
}

/** An error of the syntax; undefined for another, which the loader may have for other reasons. */
const syntactic = (e) => (e && (e.name === 'SyntaxError' || /^Transform failed/.test(e.message)) ? e : undefined)

/** The lines of an error, without its stack. They name the file. */
function told(file, e) {
  const text = String(e.stack || e).includes(e.message) ? String(e.stack) : String(e.message)
  const lines = text.split('\n')
  const end = lines.findIndex((line) => /^ +at /.test(line))
  const named = lines.slice(0, end < 0 ? LINES : Math.min(end, LINES)).map((line) => line.slice(0, WIDTH))
  return named.some((line) => line.includes(file)) ? named : [file, ...named]
}

module.exports = { check }
