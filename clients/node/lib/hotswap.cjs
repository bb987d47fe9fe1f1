'use strict'
// hotswap as a child of this process. It tells its events by a pipe, and is asked by its own commands.

const { execFile, spawn } = require('node:child_process')
const { EventEmitter, once } = require('node:events')
const { createInterface } = require('node:readline')
const { findBinary } = require('./binary.cjs')
const { HotswapError } = require('./errors.cjs')

const USAGE = 64 // exit code of hotswap: it has not begun
const UNFOUND = ['control-unavailable', 'record-failed'] // events: no command finds this hotswap

class Hotswap extends EventEmitter {
  #binary
  #options
  #early = [] // events before run has resolved; then undefined
  #end // of hotswap; undefined: it runs

  constructor(binary, argv, options, stdio) {
    super()
    this.#binary = binary
    this.#options = options
    this.child = spawn(binary, argv, { ...options, stdio: [...stdio, 'pipe'] })
    const events = createInterface({ input: this.child.stdio[3] })
    events.on('line', (line) => (this.#early ? this.#early.push(JSON.parse(line)) : this.#tell(JSON.parse(line))))
    const passed = passSignals(this.child)
    this.exited = Promise.all([once(this.child, 'exit'), once(events, 'close')]).then(([[code, signal]]) => (this.#end = { code, signal }), (error) => {
      this.#end = {}
      throw new HotswapError(`${binary} cannot be run in ${options.cwd ?? process.cwd()} (${error.code})`, 'unavailable')
    }).finally(passed)
  }

  #tell(event) {
    this.emit('event', event)
    this.emit(event.event, event)
  }

  async #ask(...argv) {
    if (this.#end) throw this.#ended()
    return ask(this.#binary, [...argv, '--pid', this.child.pid], this.#options)
  }

  #ended(more = '') {
    const { code, signal } = this.#end
    return new HotswapError(`hotswap has ended ${signal ? `by ${signal}` : `with exit code ${code}`}${more}`, 'unavailable', code ?? undefined)
  }

  async status() {
    return JSON.parse(await this.#ask('status', '--json'))
  }

  async reload() {
    await this.#ask('reload')
  }

  async wait({ timeout } = {}) {
    await this.#ask('wait', ...(timeout === undefined ? [] : ['--timeout', `${timeout}ms`]))
  }

  stop() {
    this.child.kill('SIGTERM')
    return this.exited
  }

  /** Resolves when commands find hotswap, or it has ended. */
  async #answers() {
    let found
    while (!found && !this.#end && !this.#early.some(({ event }) => UNFOUND.includes(event))) found = await this.status().catch(() => false)
  }

  /** The error of a hotswap that has ended before it said anything. */
  async #refusal(argv) {
    const { stderr } = this.child
    let said = ''
    if (stderr) for await (const text of stderr.setEncoding('utf8')) said += text
    else if (this.#end.code === USAGE) await ask(this.#binary, argv, this.#options).catch((error) => (said = error.message)) // it says that again
    return said ? refused(said, this.#end.code) : this.#ended('; it has said why on standard error')
  }

  static async run({ command = [], args = [], cwd, env = process.env, stdio = 'inherit' } = {}) {
    for (const [name, list] of Object.entries({ command, args })) {
      if (!Array.isArray(list) || list.some((word) => typeof word !== 'string')) throw new TypeError(`hotswap: ${name} must be a list of strings`)
    }
    const argv = (...ours) => [...args, ...ours, ...(command.length > 0 ? ['--', ...command] : [])]
    // With that variable hotswap ends when its parent has ended, however.
    const options = { cwd, env: { ...env, npm_lifecycle_event: env.npm_lifecycle_event || 'run' } }
    const swap = new Hotswap(findBinary(), argv('--events', 'fd:3'), options, [0, 1, 2].map((n) => (typeof stdio === 'string' ? stdio : stdio[n])))
    const keep = () => {}
    swap.child.stderr?.on('readable', keep) // else Node drops at its end what nobody has read
    await Promise.race([swap.exited, swap.#answers()])
    if (swap.#end) await swap.exited // rejects if there is no such program or folder
    if (swap.#end && swap.#early.length === 0) throw await swap.#refusal(argv())
    swap.child.stderr?.off('readable', keep)
    setImmediate(() => { // when the caller has had its chance to listen
      const early = swap.#early
      swap.#early = undefined
      for (const event of early) swap.#tell(event)
    })
    return swap
  }
}

/** Runs a command of hotswap, and resolves to its output. */
function ask(binary, argv, options) {
  return new Promise((resolve, reject) => {
    execFile(binary, argv, { ...options, maxBuffer: Infinity }, (error, out, said) => (error ? reject(refused(said || error.message, error.code)) : resolve(out)))
  })
}

function refused(said, exitCode) {
  return new HotswapError(said.trim().replace(/^hotswap: /, ''), 'failed', exitCode)
}

/** Passes the signals that would end this process on, until the function that it returns is called. This process
 * then ends by that signal, unless somebody else handles it. */
function passSignals(child) {
  const signals = ['SIGINT', 'SIGTERM']
  let got
  const pass = (signal) => child.kill((got = signal))
  for (const signal of signals) process.on(signal, pass)
  return () => {
    for (const signal of signals) process.off(signal, pass)
    if (got) setImmediate(() => process.listenerCount(got) === 0 && process.kill(process.pid, got))
  }
}

module.exports = { run: Hotswap.run }
