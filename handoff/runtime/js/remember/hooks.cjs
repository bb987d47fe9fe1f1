'use strict'
// The hooks that answer in the place of tsx and of Node's resolver, as far as the record says what these would
// answer, and that note what they answer else. Only what an ES module imports: tsx loads CommonJS by
// Module._extensions.

const { fileURLToPath } = require('url')
const disk = require('./disk.cjs')
const { Facts, OLD, Unsure, holds } = require('./facts.cjs')
const { lookup } = require('./lookup.cjs')
const { sum } = require('./record.cjs')
const { safely } = require('../safely.cjs')

const FORMATS = new Set(['module', 'commonjs', 'json', null])
const ENOUGH = 24 // answers that are not remembered yet: for fewer nobody writes everything again

class Hooks {
  /** common are facts on which everything depends. */
  constructor(record, common, aliases) {
    this.record = record
    this.common = common
    this.aliases = aliases
    this.resolved = new Map() // context, parent and specifier → { url, format, facts }
    this.loaded = new Map() // context and url → { sign, format, … }
    this.facts = [] // of the record
    this.names = []
    this.fresh = 0 // answers that the record does not have
    this.answers = 0 // from the record
    this.files = { all: 0, answered: 0 } // that were to be loaded, and of these, those from the record
    this.on = true
    // A start that fails may have had a wrong answer, unless tsx itself has thrown: no other start gets one from this record.
    this.failed = (error) => this.answers > 0 && error !== this.thrown && safely(disk.unlinkSync, this.record.path)
    process.on('uncaughtExceptionMonitor', this.failed)
    safely(() => this.read())
  }

  /** Looks again at everything, and for a newer record. */
  renew() {
    disk.forget()
    if (!this.common.holds()) return this.stop()
    if (!this.record.isAnother()) return
    for (const answers of [this.resolved, this.loaded]) for (const [key, { old }] of answers) if (old) answers.delete(key)
    safely(() => this.read())
  }

  read() {
    const index = this.record.read()
    if (index === null) return
    this.facts = index.facts
    this.names = index.names
    if (!index.common.every((fact) => this.holds(fact))) return
    for (const [context, parent, specifier, url, format, facts] of index.resolved) {
      this.resolved.set([index.words[context], index.words[parent], specifier].join('\0'), { old: true, url: index.words[url], format, facts: index.sets[facts] })
    }
    for (const [context, url, sign, facts, format, told, start, length, digest] of index.loaded) {
      this.loaded.set(index.words[context] + '\0' + index.words[url], { old: true, sign, facts: index.sets[facts], format, told, start, length, digest })
    }
  }

  /** Reports whether a fact of the record holds. */
  holds(number) {
    const fact = this.facts[number]
    return disk.once('h', fact, () => holds(fact, this.names[number]))
  }

  resolve(specifier, context, next) {
    if (!this.on) return next(specifier, context)
    const key = safely(resolveKey, specifier, context)
    if (key === undefined) return next(specifier, context)
    const answer = safely(() => this.resolution(key))
    if (answer) return answer
    const { parentURL } = context
    const at = disk.clock()
    const result = this.ask(next, specifier, context)
    safely(() => this.noteResolution(key, specifier, parentURL, result, at))
    return result
  }

  /** Asks tsx and Node. */
  ask(next, name, context) {
    try {
      return next(name, context)
    } catch (e) {
      this.thrown = e
      throw e
    }
  }

  resolution(key) {
    const known = this.resolved.get(key)
    if (known === undefined || !known.old || !known.facts.every((fact) => this.holds(fact))) return null
    this.answers++
    return { url: known.url, format: known.format, shortCircuit: true }
  }

  noteResolution(key, specifier, parentURL, result, at) {
    this.resolved.delete(key)
    if (typeof result.url !== 'string' || !result.url.startsWith('file:///') || /[?#]/.test(result.url)) return
    if (Object.keys(result).some((name) => name !== 'url' && name !== 'format' && result[name] !== undefined) || !FORMATS.has(result.format)) return
    // Only what no hook answers comes to Module._resolveFilename, too, where tsx prefers x.ts to x.js.
    if (result.format === 'commonjs' && this.aliases.allowJs) return
    const facts = understood(() => lookup(specifier, fileURLToPath(parentURL), fileURLToPath(result.url), at, this.aliases))
    if (facts === null) return
    this.resolved.set(key, { url: result.url, format: result.format, facts: facts.all })
    this.fresh++
  }

  load(url, context, next) {
    if (!this.on) return next(url, context)
    const key = safely(loadKey, url, context)
    if (key === undefined) return next(url, context)
    this.files.all++
    const file = safely(fileURLToPath, url)
    const answer = safely(() => this.loading(key, url, file))
    if (answer) return answer
    const was = safely(disk.lookNow, file)
    const { format } = context
    const at = disk.clock()
    const result = this.ask(next, url, context)
    safely(() => this.noteLoading(key, url, file, format, was, result, at))
    return result
  }

  loading(key, url, file) {
    const known = this.loaded.get(key)
    if (known === undefined || !known.old || !this.isSame(known, file)) return null
    const { format, told, start, length, digest } = known
    const source = start < 0 ? disk.readFileSync(file) : this.record.source(start, length, digest)
    this.answers++
    this.files.answered++
    const answer = { format, source, shortCircuit: true }
    if (told[0]) answer.responseURL = url
    if (told.length > 1) answer.shouldBeReloadedByCJSLoader = told[1]
    return answer
  }

  isSame({ sign, facts }, file) {
    const now = disk.lookNow(file)
    return now !== null && now.sign === sign && facts.every((fact) => this.holds(fact))
  }

  noteLoading(key, url, file, format, was, result, at) {
    this.loaded.delete(key)
    if (!was || was.kind !== 'f' || was.changed > at - OLD || !FORMATS.has(result.format) || result.format === null) return
    const { source, responseURL, shouldBeReloadedByCJSLoader: reloads } = result
    if (Object.keys(result).some((name) => !['format', 'source', 'responseURL', 'shouldBeReloadedByCJSLoader'].includes(name))) return
    if (![undefined, url].includes(responseURL) || ![undefined, true, false].includes(reloads)) return
    const isText = typeof source === 'string'
    if (isText ? !source.isWellFormed() : !Buffer.isBuffer(source)) return // bytes are those of the file
    const facts = understood(() => {
      const facts = new Facts(at)
      if (!format) facts.scope(file)
      return facts
    })
    if (facts === null) return
    this.loaded.set(key, { sign: was.sign, facts: facts.all, format: result.format, told: told(responseURL, reloads), source: isText ? source : null })
    this.fresh++
  }

  /** Answers nothing more. */
  stop() {
    this.on = false
    process.removeListener('uncaughtExceptionMonitor', this.failed)
    this.resolved = new Map()
    this.loaded = new Map()
    this.facts = this.names = []
    this.record.piece = { from: 0, bytes: Buffer.alloc(0) }
  }

  /** Writes what is known, if enough of it is new, and stops. The caller continues it between requests. */
  *keep() {
    if (this.on && this.fresh >= ENOUGH) {
      const out = new Index(this)
      yield* out.fill()
      yield this.record.write(out.index, out.sources)
    }
    this.stop()
  }
}

/** What a record consists of. */
class Index {
  constructor(hooks) {
    this.hooks = hooks
    this.numbers = { words: new Map(), facts: new Map(), sets: new Map() }
    this.index = { words: [], facts: [], names: [], sets: [], common: [], resolved: [], loaded: [] }
    this.sources = []
    this.at = 0
  }

  *fill() {
    const { hooks } = this
    this.index.common = this.set(hooks.common.all)
    for (const [key, known] of hooks.resolved) {
      yield
      const { old, url, format, facts } = known
      if (old && !facts.every((fact) => hooks.holds(fact))) continue
      const [context, parent, specifier] = key.split('\0')
      this.index.resolved.push([this.word(context), this.word(parent), specifier, this.word(url), format, this.setNumber(facts)])
    }
    for (const [key, known] of hooks.loaded) {
      yield
      const [context, url] = key.split('\0')
      if (known.old && !safely(() => hooks.isSame(known, fileURLToPath(url)))) continue
      const { sign, facts, format, told } = known
      this.index.loaded.push([this.word(context), this.word(url), sign, this.setNumber(facts), format, told, ...this.source(known)])
    }
    this.index.sets = this.index.sets.map((set) => JSON.parse(set))
    const before = new Map(hooks.facts.map((fact, i) => [fact, hooks.names[i]]))
    for (const fact of this.index.facts) {
      yield
      this.index.names.push(before.get(fact) || safely(namesOf, fact) || 0)
    }
  }

  /** Where the source is, and its digest: [start, length, digest]. */
  source({ old, start, length, digest, source }) {
    if (old && start >= 0) source = this.hooks.record.source(start, length, digest)
    if (typeof source !== 'string') return [-1, 0, ''] // it is the file's own
    const bytes = Buffer.from(source)
    this.sources.push(bytes)
    this.at += bytes.length
    return [this.at - bytes.length, bytes.length, sum(bytes)]
  }

  /** The numbers of facts, which are lines, or numbers of the record before. */
  set(facts) {
    return [...facts].map((fact) => this.number('facts', typeof fact === 'number' ? this.hooks.facts[fact] : fact)).sort((a, b) => a - b)
  }

  setNumber(facts) {
    return this.number('sets', JSON.stringify(this.set(facts)))
  }

  word(text) {
    return this.number('words', text)
  }

  number(kind, text) {
    const numbers = this.numbers[kind]
    let n = numbers.get(text)
    if (n === undefined) {
      numbers.set(text, (n = numbers.size))
      this.index[kind].push(text)
    }
    return n
  }
}

/** The names in a folder that has not changed since its fact was noted, or ''. Another file of the same name changes
 * no answer, unless one of them is a symbolic link. */
function namesOf(fact) {
  const [kind, path, sign] = fact.split('\t')
  if (kind !== 'd') return ''
  const names = disk.list(path)
  return names.links.length === 0 && disk.lookNow(path).sign === sign ? names.text : ''
}

/** What a loader says of a source, but the source: whether it comes from its URL, and whether CommonJS loads it again. */
const told = (responseURL, reloads) => reloads === undefined ? [responseURL !== undefined] : [responseURL !== undefined, reloads]

const imports = (conditions) => conditions.includes('import') && !conditions.includes('require')

/** The key of an answer; undefined if it cannot be one. */
function resolveKey(specifier, context) {
  const { parentURL, conditions, importAttributes } = context
  if (!imports(conditions) || typeof parentURL !== 'string' || !parentURL.startsWith('file:///') || /[?#\0]/.test(parentURL) || specifier.includes('\0')) return undefined
  if (!Object.keys(context).every((name) => name === 'parentURL' || name === 'conditions' || name === 'importAttributes')) return undefined
  return JSON.stringify([conditions, importAttributes]) + '\0' + parentURL + '\0' + specifier
}

function loadKey(url, context) {
  const { format, conditions, importAttributes } = context
  if (!imports(conditions) || !url.startsWith('file:///') || /[?#\0]/.test(url)) return undefined
  if (!Object.keys(context).every((name) => name === 'format' || name === 'conditions' || name === 'importAttributes')) return undefined
  return JSON.stringify([format, conditions, importAttributes]) + '\0' + url
}

/** What f returns, or null where the facts are not sure. */
function understood(f) {
  try {
    return f()
  } catch (e) {
    if (e instanceof Unsure) return null
    throw e
  }
}

module.exports = { Hooks }
