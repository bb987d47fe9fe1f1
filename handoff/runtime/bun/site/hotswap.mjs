// Bun loads this file right before the program, because hotswap has put it into
// BUN_OPTIONS. Nothing of that is left afterwards: not in the environment, and not in
// process.execArgv. Workers load it, too, with the main thread's process.execArgv.

const { require, path } = import.meta
const { env } = process
const adapts = env.HOTSWAP_BUN !== undefined
const socket = env.HOTSWAP_NODE // Node processes of the program need it, so it stays
// The folder's name has the hash of its files; another name is for another hotswap.
const ours = (word) => word.startsWith('--preload=') && word.endsWith(path.slice(path.lastIndexOf('/', import.meta.dir.length - 1)))
const words = (env.BUN_OPTIONS || '').split(' ')
const rest = words.filter((word) => !ours(word)).join(' ')
if (rest) env.BUN_OPTIONS = rest
else delete env.BUN_OPTIONS
delete env.HOTSWAP_BUN
if (adapts && Bun.isMainThread) {
  try {
    process.execArgv = process.execArgv.filter((word) => !ours(word))
    if (socket) require('./serve.cjs').cover(socket)
  } catch (e) {
    // The program is more important.
  }
}
