'use strict'
// The hooks that answer in the place of tsx and of Node's resolver, as far as the record says what these would
// answer, and that note what they answer else. Only what an ES module imports: tsx loads CommonJS by
// Module._extensions.

const { fileURLToPath } = require('url')
const disk = require('./disk.cjs')
const { Facts, OLD, holds } = require('./facts.cjs')
const { lookup } = require('./lookup.cjs')
const { safely } = require('../common.cjs')

const FORMATS = new Set(['module', 'commonjs', 'json', null])
const RESOLVES = ['parentURL', 'conditions', 'importAttributes']
const LOADS = ['format', 'conditions', 'importAttributes']
const ENOUGH = 24 // answers that are not remembered yet: for fewer nobody writes everything again

class Hooks {
  /** common are facts on which everything depends. */
  constructor(record, common, aliases) {
    this.record = record
    this.common = common
    this.aliases = aliases
    this.forget()
    this.answers = 0 // from the record
    this.on = true
    // A start that fails may have had a wrong answer, unless tsx itself has thrown: no other start gets one from this record.
    this.failed = (error) => this.answers > 0 && error !== this.thrown && safely(disk.unlinkSync, this.record.path)
    process.on('uncaughtExceptionMonitor', this.failed)
    this.read()
  }

  forget() {
    this.old = new Answers() // of the record
    this.fresh = new Answers() // which the record does not have
  }

  /** Looks again at everything, and for a newer record. */
  renew() {
    disk.forget()
    if (!this.common.holds()) return this.stop()
    if (this.record.isAnother()) this.read()
  }

  read() {
    const found = safely(() => this.record.read())
    this.old = found && safely(() => found.common.every(stillHolds)) ? found : new Answers()
  }

  resolve(specifier, context, next) {
    if (!this.on) return next(specifier, context)
    const key = safely(keyOf, RESOLVES, context, context.parentURL, specifier)
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
    const known = this.old.resolved.get(key)
    if (known === undefined || !known.facts.every(stillHolds)) return null
    this.answers++
    return { url: known.url, format: known.format, shortCircuit: true }
  }

  noteResolution(key, specifier, parentURL, result, at) {
    this.old.resolved.delete(key)
    this.fresh.resolved.delete(key)
    if (typeof result.url !== 'string' || !result.url.startsWith('file:///') || /[?#]/.test(result.url)) return
    if (
      Object.keys(result).some((name) => name !== 'url' && name !== 'format' && result[name] !== undefined) ||
      !FORMATS.has(result.format)
    )
      return
    // Only what no hook answers comes to Module._resolveFilename, too, where tsx prefers x.ts to x.js.
    if (result.format === 'commonjs' && this.aliases.allowJs) return
    const facts = lookup(specifier, fileURLToPath(parentURL), fileURLToPath(result.url), at, this.aliases)
    this.fresh.resolved.set(key, { url: result.url, format: result.format, facts: listed(facts) })
  }

  load(url, context, next) {
    if (!this.on) return next(url, context)
    const key = safely(keyOf, LOADS, context, url)
    if (key === undefined) return next(url, context)
    const file = safely(fileURLToPath, url)
    const answer = safely(() => this.loading(key))
    if (answer) return answer
    const was = safely(disk.lookNow, file)
    const { format } = context
    const at = disk.clock()
    const result = this.ask(next, url, context)
    safely(() => this.noteLoading(key, url, file, format, was, result, at))
    return result
  }

  loading(key) {
    const known = this.old.loaded.get(key)
    if (known === undefined || !isSame(known)) return null
    const { result } = known
    const source = result.source === null ? disk.readFileSync(known.file) : result.source
    this.answers++
    return { ...result, source, shortCircuit: true }
  }

  noteLoading(key, url, file, format, was, result, at) {
    this.old.loaded.delete(key)
    this.fresh.loaded.delete(key)
    if (!was || was.kind !== 'f' || was.changed > at - OLD || !FORMATS.has(result.format) || result.format === null)
      return
    const { source, responseURL, shouldBeReloadedByCJSLoader: reloads } = result
    if (
      Object.keys(result).some(
        (name) => !['format', 'source', 'responseURL', 'shouldBeReloadedByCJSLoader'].includes(name),
      )
    )
      return
    if (![undefined, url].includes(responseURL) || ![undefined, true, false].includes(reloads)) return
    if (typeof source !== 'string' && !Buffer.isBuffer(source)) return // bytes are those of the file
    const facts = new Facts(at)
    if (!format) facts.scope(file)
    this.fresh.loaded.set(key, {
      file,
      sign: was.sign,
      facts: listed(facts),
      result: { ...result, source: typeof source === 'string' ? source : null },
    })
  }

  /** Answers nothing more. */
  stop() {
    this.on = false
    process.removeListener('uncaughtExceptionMonitor', this.failed)
    this.forget()
  }

  /** Writes what is known, if enough of it is new, and stops. The caller continues it between requests. */
  *keep() {
    if (this.on && this.fresh.resolved.size + this.fresh.loaded.size >= ENOUGH)
      yield* this.record.write(yield* this.known())
    this.stop()
  }

  /** What still holds of the record, and what is new. */
  *known() {
    const { old, fresh } = this
    const facts = new Map() // line → the object that all answers share
    const shared = (all) => all.map((fact) => facts.get(fact.line) || (facts.set(fact.line, fact), fact))
    const known = new Answers(shared(listed(this.common)))
    for (const [key, answer] of [...old.resolved, ...fresh.resolved]) {
      yield
      if (!fresh.resolved.has(key) && !answer.facts.every(stillHolds)) continue
      known.resolved.set(key, { ...answer, facts: shared(answer.facts) })
    }
    for (const [key, answer] of [...old.loaded, ...fresh.loaded]) {
      yield
      if (!fresh.loaded.has(key) && !safely(isSame, answer)) continue
      known.loaded.set(key, { ...answer, facts: shared(answer.facts) })
    }
    for (const fact of facts.values()) {
      yield
      fact.names = fact.names || safely(namesOf, fact.line) || ''
    }
    return known
  }
}

/** Answers, as the record has them. */
class Answers {
  constructor(common = []) {
    this.common = common // facts on which all depend
    this.resolved = new Map() // context, parent and specifier → { url, format, facts }
    this.loaded = new Map() // context and url → { file, sign, facts, result }; a source that is null is the file's own
  }
}

/** Facts, each with the names in its folder, which are found when the record is written. */
const listed = (facts) => [...facts.all].map((line) => ({ line, names: '' }))

const stillHolds = ({ line, names }) => disk.once('h', line, () => holds(line, names))

const isSame = ({ file, sign, facts }) => {
  const now = disk.lookNow(file)
  return now !== null && now.sign === sign && facts.every(stillHolds)
}

/** The names in a folder that has not changed since its fact was noted, or ''. Another file of the same name changes
 * no answer, unless one of them is a symbolic link. */
function namesOf(fact) {
  const [kind, path, sign] = fact.split('\t')
  if (kind !== 'd') return ''
  const names = disk.list(path)
  return names.links.length === 0 && disk.lookNow(path).sign === sign ? names.text : ''
}

/** The key of an answer about a URL; undefined where a hook is asked in a way that is not known. names are those that its context may have. */
function keyOf(names, context, url, specifier) {
  const { format, conditions, importAttributes } = context
  if (
    !conditions.includes('import') ||
    conditions.includes('require') ||
    !url.startsWith('file:///') ||
    /[?#]/.test(url)
  )
    return undefined
  if (!Object.keys(context).every((name) => names.includes(name))) return undefined
  return JSON.stringify([format, conditions, importAttributes, url, specifier])
}

module.exports = { Hooks }
