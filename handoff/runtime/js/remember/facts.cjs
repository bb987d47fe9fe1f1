'use strict'
// What an answer depends on: facts of the file system. A fact is remembered with the answer, and looked
// at again before the answer is given. Facts are lines, so that equal ones are one:
//
//   d PATH SIGN   a folder in which a name was searched, as it was then
//   f PATH SIGN   a file whose content matters
//   n PATH        nothing is there
//   p PATH REAL   a folder, and its path without symbolic links
//   e PATH        a file, and no symbolic link leads to it
//
// Lines have tabs between their words. Whatever is not surely understood has no facts, and is not remembered.

const { dirname, resolve } = require('path')
const disk = require('./disk.cjs')
const { safely } = require('../common.cjs')

const OLD = 20 // ms: the kernel's clock stands still for up to 10 ms, and changes within are not seen
const IN_PACKAGE = '/node_modules/'

/** Reports whether a fact still holds. names are those in its folder; '': they are not known. */
function holds(fact, names) {
  const [kind, path, rest] = fact.split('\t')
  const now = kind === 'p' || kind === 'e' ? null : disk.look(path)
  switch (kind) {
    case 'd':
      if (now === null || now.kind !== 'd') return false
      return now.sign === rest || (!!names && disk.list(path).text === names)
    case 'f':
      return now !== null && now.sign === rest
    case 'n':
      return now === null
    case 'p':
      return disk.realOf(path) === rest
    case 'e':
      return disk.isRealFile(path)
  }
  return false
}

/** Says that an answer has no facts; the hooks then note nothing. */
const unsure = (why) => {
  throw new Error(why)
}

/** Facts that are being collected, of an answer that was asked for at the time `at`, in ms. */
class Facts {
  constructor(at) {
    this.at = at
    this.all = new Set()
    this.folders = new Map() // in which a name was searched → without symbolic links
  }

  /** Reports whether all facts still hold. */
  holds() {
    return safely(() => [...this.all].every((fact) => holds(fact))) === true
  }

  add(...words) {
    if (words.some((word) => /[\t\n]/.test(word))) unsure('a strange name')
    this.all.add(words.join('\t'))
  }

  /** A file, or that there is none. Returns what is there. */
  file(path) {
    const now = disk.look(path)
    if (now === null) this.add('n', path)
    else if (now.changed > this.at - OLD) unsure('a file that has just changed')
    else this.add('f', path, now.sign)
    return now
  }

  /** A folder in which a name is searched, or that there is none. Returns whether there is one. */
  folder(path) {
    const now = disk.look(path)
    if (now === null) {
      this.add('n', path)
      return false
    }
    if (now.kind !== 'd') return false // its own folder's fact says so
    if (now.changed > this.at - OLD) unsure('a folder that has just changed')
    const real = disk.realOf(path)
    this.add('d', path, now.sign)
    this.add('p', path, real)
    this.folders.set(path, real)
    return true
  }

  /** What may be at a path, with whatever extension, or in a folder of this name. */
  around(path, depth = 0) {
    this.folder(dirname(path))
    if (!this.folder(path)) return
    const manifest = this.json(path + '/package.json')
    if (manifest === null || typeof manifest.main !== 'string' || manifest.main === '') return
    if (depth > 4) unsure('a long chain of main')
    this.around(resolve(path, manifest.main), depth + 1)
  }

  /** A file of JSON, or null. */
  json(path) {
    const now = this.file(path)
    if (now === null || now.kind !== 'f') return null
    return parsed(path, now.sign) || unsure('a file that is no JSON')
  }

  /** A package in the folders above: its folder without symbolic links, or '' if there is none. */
  package(from, name) {
    for (let at = from; ; at = dirname(at)) {
      const packages = (at === '/' ? '' : at) + '/node_modules'
      const path = packages + '/' + name
      const now = disk.look(path)
      if (now !== null && now.kind !== 'd') unsure('a file in the place of a package')
      if (now !== null) {
        const real = disk.realOf(path)
        this.add('p', path, real)
        return real
      }
      this.add('n', disk.look(packages) === null ? packages : path)
      if (at === '/') return ''
    }
  }

  /** The manifest that a file belongs to: { folder, manifest }, or null. */
  scope(file) {
    for (let at = dirname(file); ; at = dirname(at)) {
      if (at.endsWith('/node_modules')) return null
      const manifest = this.json(at + '/package.json')
      if (manifest !== null) return { folder: at, manifest }
      if (at === '/') return null
    }
  }

  /** The file to which all that leads. */
  result(file) {
    if (!disk.isRealFile(file)) unsure('a symbolic link')
    this.add('e', file)
  }
}

/** A manifest; null: the file has none. */
const parsed = disk.bySign((path) => {
  const value = safely(() => JSON.parse(disk.readFileSync(path, 'utf8')))
  return typeof value === 'object' ? value : null
})

const stem = (name) => name.replace(/\.[^.]*$/, '')

module.exports = { Facts, IN_PACKAGE, OLD, holds, stem, unsure }
