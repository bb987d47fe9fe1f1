'use strict'
// Loads the program's own ES modules right before go, and runs none of them. Node
// loads and links all modules of a graph before it runs the first: so one that is
// run first and throws leaves the others loaded and linked, for who imports them
// next. What is wrong with them, that one is told as if it had been the first.

const fs = require('fs')
const { pathToFileURL } = require('url')

// What may ask import.meta.main (Node 24.2 and newer), which is decided when a module
// is loaded: anything that is done with import.meta but what is the same in the main
// module and in others.
const META = /\bimport\s*\.\s*meta\b(?!\s*\??\.\s*(?:url|dirname|filename|resolve|env)\b)/

/** Settles when the modules that the program's main module needs are linked, or
 * cannot be. */
async function link(channel, load) {
  const url = (file) => pathToFileURL(file).href
  const first = channel.folder + '/first.mjs'
  const graph = channel.folder + '/graph.mjs'
  try {
    if (META.test(fs.readFileSync(channel.plan.main, 'utf8'))) return
    fs.writeFileSync(first, 'throw undefined\n', { mode: 0o600 })
    fs.writeFileSync(graph, `import ${JSON.stringify(url(first))}\nimport ${JSON.stringify(url(channel.plan.main))}\n`, { mode: 0o600 })
    await load(url(graph))
  } catch (e) {
    // The throw, or what the program will say of itself.
  }
}

module.exports = { link }
