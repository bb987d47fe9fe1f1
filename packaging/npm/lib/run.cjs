'use strict'
// What bin/hotswap does in Node: where sh has found no binary, and below Yarn's Plug'n'Play, which
// runs bin/hotswap by Node. Runs the binary, or says in one line what is missing.
const { spawn } = require('node:child_process')
const { accessSync, constants, realpathSync, statSync } = require('node:fs')
const { optionalDependencies: packages } = require('../package.json')

const platform = `${process.platform}-${process.arch}`
const wanted = `@hotswap-dev/${platform}`
const given = process.env.HOTSWAP_BINARY

function fail(text) {
  process.stderr.write(`hotswap: ${text}\n`)
  process.exit(69)
}

/** Returns the path of a package's binary; undefined: the package is not installed. */
function installed(name) {
  try {
    return require.resolve(`${name}/bin/hotswap`)
  } catch {}
}

/** Returns the path of the binary, or says why there is none. */
function find() {
  if (given) return given
  if (process.platform === 'win32') fail('does not run on Windows itself; use WSL 2, with Node and the project inside it')
  const all = Object.keys(packages)
  if (!packages[wanted]) fail(`has no binary for ${platform}, only ${all.map((name) => name.slice('@hotswap-dev/'.length)).join(', ')}; use a Linux container, or set HOTSWAP_BINARY to one that you have built`)
  const binary = installed(wanted)
  if (binary) return binary
  const other = all.find(installed)
  fail(other
    ? `node_modules comes from another machine: it has ${other}, and this machine needs ${wanted}; remove node_modules and install again here`
    : `${wanted} is not installed; install again with optional dependencies (npm: without --omit=optional), or set HOTSWAP_BINARY to hotswap's binary`)
}

function check(binary) {
  try {
    if (!statSync(binary).isFile() || realpathSync(binary) === realpathSync(process.argv[1])) fail(`${binary} is not hotswap's binary; set HOTSWAP_BINARY to it`)
    accessSync(binary, constants.X_OK)
  } catch (error) {
    fail(error.code === 'EACCES'
      ? `${binary} may not be executed, by its mode or a mount with noexec; copy it to a folder where programs may run, chmod +x the copy, and set HOTSWAP_BINARY to it`
      : `${binary} cannot be read (${error.code}); set HOTSWAP_BINARY to hotswap's binary`)
  }
}

function run(binary, args) {
  if (process.execve) process.execve(binary, [binary, ...args]) // does not return
  // Node before 22.15 cannot replace itself. What the terminal sends, the binary gets, too: hotswap
  // takes two of a signal at once for one.
  const child = spawn(binary, args, { stdio: 'inherit' })
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(`${binary} cannot be run (${error.code}); set HOTSWAP_BINARY to hotswap's binary`))
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

const binary = find()
check(binary)
run(binary, process.argv.slice(2))
