'use strict'
// What tsx reads of tsconfig.json and of what that extends: which names are aliases of which paths. All that
// may be an alias counts, whichever of the files wins.

const { dirname, resolve } = require('path')
const disk = require('./disk.cjs')
const { unsure } = require('./facts.cjs')

const STRING = '"(?:[^"\\\\]|\\\\.)*"'
const COMMENTS = new RegExp(STRING + '|//[^\\n]*|/\\*[^]*?\\*/', 'g')
const COMMAS = new RegExp(STRING + '|,(?=\\s*[}\\]])', 'g')

/** The function that returns the paths which an alias may stand for, and whether JavaScript may be TypeScript (allowJs). facts get
 * what that depends on. */
function aliasesOf(facts, cwd, named) {
  const first = named ? resolve(cwd, named) : up(facts, cwd)
  const all = first === '' ? [] : chain(facts, first, 0)
  const root = dirname(first || '/')
  const typescript = first !== '' && facts.package(root, 'typescript')
  if (typescript) facts.file(typescript + '/package.json') // its version decides defaults
  const bases = new Set([root])
  const rules = []
  for (const { folder, options } of all) {
    bases.add(folder)
    if (typeof options.baseUrl === 'string') bases.add(at(folder, root, options.baseUrl))
  }
  for (const { options } of all) {
    if (typeof options.baseUrl === 'string') rules.push({ prefix: '', suffix: '', to: ['*'] })
    for (const [pattern, to] of Object.entries(options.paths || {})) {
      const star = pattern.indexOf('*')
      const rule = {
        prefix: star < 0 ? pattern : pattern.slice(0, star),
        suffix: star < 0 ? null : pattern.slice(star + 1),
        to,
      }
      if (!Array.isArray(to) || to.some((path) => typeof path !== 'string')) unsure('an alias of another form')
      rules.push(rule)
    }
  }
  const aliases = (name) => {
    const out = new Set()
    for (const { prefix, suffix, to } of rules) {
      if (suffix === null ? name !== prefix : !name.startsWith(prefix) || !name.endsWith(suffix)) continue
      const star = suffix === null ? '' : name.slice(prefix.length, name.length - suffix.length)
      for (const path of to)
        for (const base of bases)
          out.add(
            at(
              base,
              root,
              path.replace('*', () => star),
            ),
          )
    }
    return [...out]
  }
  return Object.assign(aliases, { allowJs: all.some(({ options }) => options.allowJs || options.checkJs) })
}

const at = (folder, root, path) =>
  resolve(
    folder,
    path.replace('${configDir}', () => root),
  )

/** The nearest tsconfig.json, or ''. */
function up(facts, cwd) {
  for (let at = cwd; ; at = dirname(at)) {
    const path = (at === '/' ? '' : at) + '/tsconfig.json'
    if (facts.file(path) !== null) return path
    if (at === '/') return ''
  }
}

/** A file, and those that it extends, as { folder, options }. */
function chain(facts, path, depth) {
  const now = facts.file(path)
  if (now === null || now.kind !== 'f' || depth > 8) unsure('a tsconfig.json that is not found')
  const config = parse(disk.readFileSync(path, 'utf8'))
  const folder = dirname(path)
  const out = [{ folder, options: config.compilerOptions || {} }]
  for (const name of config.extends === undefined ? [] : [].concat(config.extends)) {
    const files = candidates(facts, folder, String(name)).filter((file) => (facts.file(file) || {}).kind === 'f')
    if (files.length === 0) unsure('a tsconfig.json that extends one that is not found')
    for (const file of files) out.push(...chain(facts, file, depth + 1))
  }
  return out
}

/** The files that a name after extends may stand for. */
function candidates(facts, folder, name) {
  if (/^\.{0,2}(\/|$)/.test(name)) return [resolve(folder, name), resolve(folder, name + '.json')]
  const [, of, rest] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(name) || unsure('a strange name')
  const real = facts.package(folder, of)
  if (real === '') return []
  const manifest = facts.json(real + '/package.json') || {}
  if (manifest.exports !== undefined) unsure('a tsconfig.json that extends one by exports')
  const path = resolve(real, rest || (typeof manifest.tsconfig === 'string' ? manifest.tsconfig : 'tsconfig.json'))
  return [path, path + '.json', path + '/tsconfig.json']
}

function parse(text) {
  const keep = (word) => (word[0] === '"' ? word : '')
  const value = JSON.parse(text.replace(COMMENTS, keep).replace(COMMAS, keep) || '{}')
  return typeof value === 'object' && value !== null ? value : unsure('a tsconfig.json of another form')
}

module.exports = { aliasesOf }
