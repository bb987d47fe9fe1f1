'use strict'
// Routes with a Response, by which Bun answers without calling the program.

const { Response } = globalThis // the program may replace it
const METHODS = /^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)$/

/** The routes with functions in the place of each Response, whose answers pass through say. Null
 * if there is none, or something else than Responses and functions, which a reload might begin
 * anew: pages with their own reload, files. */
function spoken(given, say) {
  let found = false
  const speak = (route) => {
    if (!(route instanceof Response)) return route
    found = true
    return () => say(route.clone())
  }
  const out = {}
  for (const path of Object.keys(given)) {
    const route = given[path]
    const methods = plain(route) ? Object.keys(route) : []
    if (typeof route === 'function' || route instanceof Response) out[path] = speak(route)
    else if (methods.length > 0 && methods.every((name) => METHODS.test(name) && (typeof route[name] === 'function' || route[name] instanceof Response))) {
      out[path] = Object.fromEntries(methods.map((name) => [name, speak(route[name])]))
    } else return null
  }
  return found ? out : null
}

const plain = (o) => o !== null && typeof o === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(o))

module.exports = { spoken }
