'use strict'
// Which facts say where a specifier of an ES module leads, by the rules of Node
// (https://nodejs.org/api/esm.html#resolution-algorithm) and of tsx, which adds extensions, index files and the
// aliases of tsconfig.json. It may note too much, never too little.

const { basename, dirname, resolve } = require('path')
const disk = require('./disk.cjs')
const { Facts, IN_PACKAGE, stem, unsure } = require('./facts.cjs')

const PLAIN = /^#?[^#?%\\\0\t\n]+$/ // no query, and nothing that a URL would alter
const KNOWN = /\.([cm]?[jt]s|[jt]sx|json)$/

/** The facts by which a specifier in a file leads to another one. aliases are those of tsconfig.json. */
function lookup(specifier, parent, file, at, aliases) {
  const facts = new Facts(at)
  if (!PLAIN.test(specifier) || !KNOWN.test(file) || /^[a-z][a-z0-9+.-]*:/i.test(specifier)) unsure('a strange name')
  facts.result(file)
  facts.scope(file)
  const from = dirname(parent)
  if (/^\.{0,2}(\/|$)/.test(specifier)) {
    const path = resolve(from, specifier)
    if (!search(facts, path, file)) unsure('a symbolic link')
    return facts
  }
  const scope = facts.scope(parent)
  let is = false
  // tsx does so for what is in no package.
  if (!parent.includes(IN_PACKAGE)) {
    for (const path of aliases(specifier)) is = search(facts, path, file) || is
  }
  if (is) return facts
  if (specifier.startsWith('#')) {
    if (scope === null) unsure('no manifest')
    targets(facts, scope.folder, scope.manifest.imports, specifier, file)
  } else {
    inPackage(facts, from, specifier, file)
  }
  return facts
}

/** Notes what decides a search for a path, and reports whether that finds the file. */
function search(facts, path, file) {
  facts.around(path)
  return found(facts, path, file)
}

/** Reports whether a search for a path finds the file; not if a symbolic link of such a name may be in between. */
function found(facts, path, file) {
  const folder = dirname(file)
  const name = stem(basename(file))
  const beside =
    facts.folders.get(dirname(path)) === folder && (name === stem(basename(path)) || name === basename(path))
  if (!beside && !(facts.folders.get(path) === folder && name === 'index')) return false
  const names = [basename(path), stem(basename(path)), 'index']
  for (const real of facts.folders.values()) {
    const now = disk.look(real)
    if (now === null) unsure('a folder that has gone')
    for (const link of links(real, now.sign))
      if (names.includes(link) || names.includes(stem(link))) unsure('a symbolic link')
  }
  return true
}

const links = disk.bySign((folder) => disk.list(folder).links)

/** A package, in the folders above. */
function inPackage(facts, from, specifier, file) {
  const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(specifier) || unsure('a strange name')
  const real = facts.package(from, name) || unsure('no package')
  const manifest = facts.json(real + '/package.json') || {}
  if (manifest.exports !== undefined && manifest.exports !== null) {
    const { exports } = manifest
    const is =
      typeof exports === 'object' && !Array.isArray(exports) && Object.keys(exports).some((key) => key.startsWith('.'))
    return targets(facts, real, is ? exports : { '.': exports }, rest === '' ? '.' : './' + rest, file)
  }
  const main = typeof manifest.main === 'string' ? manifest.main : ''
  if (resolve(real, rest || main) === file) return // the first of all that is tried
  const path = resolve(real, rest || main)
  facts.folder(real)
  if (!search(facts, path, file) && !found(facts, resolve(real, 'index'), file)) unsure('a symbolic link')
}

/** The targets that exports or imports of a manifest have for a name. */
function targets(facts, folder, map, name, file) {
  if (typeof map !== 'object' || map === null) unsure('no such name')
  let is = false
  for (const key of Object.keys(map)) {
    const star = key.indexOf('*')
    const matched = star < 0 ? '' : name.slice(star, name.length - (key.length - star - 1))
    if (star < 0 ? key !== name : !name.startsWith(key.slice(0, star)) || key.replace('*', () => matched) !== name)
      continue
    for (const leaf of leaves(map[key])) {
      if (!leaf.startsWith('./')) continue // another package: if that is it, the file is not found here
      const path = resolve(
        folder,
        leaf.replace(/\*/g, () => matched),
      )
      if (path === file) is = true
      // Where there is no such file, tsx looks for other extensions beside.
      else if (dirname(path) === dirname(file) && stem(basename(path)) === stem(basename(file)))
        is = search(facts, path, file) || is
    }
  }
  if (!is) unsure('a target of another form')
}

function leaves(target) {
  if (typeof target === 'string') return [target]
  if (typeof target !== 'object' || target === null) return []
  return Object.values(target).flatMap(leaves)
}

module.exports = { lookup }
