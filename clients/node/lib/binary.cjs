'use strict'
// Where hotswap's binary is, for the command of npm.

const { accessSync, constants, statSync } = require('node:fs')
const { join } = require('node:path')
const { HotswapError } = require('./errors.cjs')
const { optionalDependencies: packages = {} } = require('../package.json')

const platform = `${process.platform}-${process.arch}`
const wanted = `@hotswap-dev/${platform}`

function fail(text) {
  throw new HotswapError(text, 'unavailable')
}

/** Returns the path of the binary of a package that was installed with this one: in its version, and in a folder of modules beside or
 * above it that has the same owner. NODE_PATH and folders of other users could name any program. undefined: there is none. */
function installed(name) {
  try {
    if (process.versions.pnp) return require.resolve(`${name}/bin/hotswap`) // by yarn's lock file
  } catch {}
  const { uid } = statSync(join(__dirname, '../..'))
  for (const modules of module.paths) {
    try {
      if (statSync(modules).uid === uid && require(join(modules, name, 'package.json')).version === packages[name])
        return join(modules, name, 'bin/hotswap')
    } catch {}
  }
}

/** Returns the path of the binary, or throws an error that says what is missing. */
function findBinary() {
  const binary = process.env.HOTSWAP_BINARY || ofPackage()
  check(binary)
  return binary
}

function ofPackage() {
  if (process.platform === 'win32')
    fail('does not run on Windows itself; use WSL 2, with Node and the project inside it')
  const all = Object.keys(packages)
  if (!packages[wanted])
    fail(
      `has no binary for ${platform}, only ${all.map((name) => name.slice('@hotswap-dev/'.length)).join(', ')}; use a Linux container, or set HOTSWAP_BINARY to one that you have built`,
    )
  const binary = installed(wanted)
  if (binary) return binary
  const other = all.find(installed)
  fail(
    other
      ? `node_modules comes from another machine: it has ${other}, and this machine needs ${wanted}; remove node_modules and install again here`
      : `${wanted}@${packages[wanted]} is not installed; install again with optional dependencies (npm: without --omit=optional), or set HOTSWAP_BINARY to hotswap's binary`,
  )
}

function check(binary) {
  const command = statSync(join(__dirname, '../bin/hotswap'), { throwIfNoEntry: false }) // missing in the repository
  try {
    const file = statSync(binary)
    if (!file.isFile() || (file.ino === command?.ino && file.dev === command.dev))
      fail(`${binary} is not hotswap's binary; set HOTSWAP_BINARY to it`)
    accessSync(binary, constants.X_OK)
  } catch (error) {
    if (error instanceof HotswapError) throw error
    fail(
      error.code === 'EACCES'
        ? `${binary} may not be executed, by its mode or a mount with noexec; copy it to a folder where programs may run, chmod +x the copy, and set HOTSWAP_BINARY to it`
        : `${binary} cannot be read (${error.code}); set HOTSWAP_BINARY to hotswap's binary`,
    )
  }
}

module.exports = { findBinary }
