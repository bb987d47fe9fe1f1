// hotswap's part of /livereload.js: a plugin of livereload-js, which follows below.
//
// At each connection the plugin reports how old the page is, so that hotswap knows whether
// the page's navigation began before the last swap. It also keeps a reload from doing harm:
// a reload while a form is being sent would take the answer away, and the reload of a page
// that is the answer to a form would send the form again.
(function () {
  'use strict'
  const patience = 30000 // a navigation that has not replaced the page after this time, in ms, was a download
  const top = window === window.top // frames of one tab share the storage
  const failed = 'hotswap/failure/' // a message that begins so is a failure, or with nothing behind it the end of one
  const bare = (url) => url.split('#')[0]

  // What one page of a tab leaves for the next one. A browser may forbid the storage.
  const read = (key) => {
    try {
      return top ? sessionStorage.getItem('hotswap:' + key) || '' : ''
    } catch {
      return ''
    }
  }
  const write = (key, value) => {
    try {
      if (top) sessionStorage.setItem('hotswap:' + key, value)
    } catch {}
  }

  // after names the reload that brought this page: its navigation began after that swap.
  const after = read('after')
  const navigation = performance.getEntriesByType('navigation')[0] || { type: 'navigate', redirectCount: 0, name: document.URL }
  const url = bare(navigation.name)
  const sent = read('form')
  const answer = navigation.redirectCount === 0 && sent === (navigation.type === 'navigate' ? 'sent ' : 'shown ') + url
  write('form', answer ? 'shown ' + url : '')

  let leaving = -patience // when a navigation to another page began
  let again = 0
  addEventListener('beforeunload', () => {
    leaving = performance.now()
  })
  addEventListener('pageshow', (event) => {
    if (event.persisted) leaving = -patience // the browser has brought the page back
  })
  if (window.navigation) {
    window.navigation.addEventListener('navigate', (event) => {
      if (event.destination.sameDocument || event.downloadRequest !== null || event.navigationType === 'reload') return
      write('form', event.formData ? 'sent ' + bare(event.destination.url) : '')
    })
  }

  // overlay shows over the page why the newest save does not serve; undefined: it does. What the program wrote is
  // never more than text.
  let shown = null
  const overlay = (failure) => {
    shown?.remove()
    shown = null
    if (!failure || !top) return
    shown = document.createElement('hotswap-failure')
    const box = document.createElement('div')
    const add = (text, style) => {
      if (!text) return
      const line = document.createElement('div')
      line.textContent = text
      line.style.cssText = style
      box.append(line)
    }
    box.style.cssText = 'position:fixed;inset:0;z-index:2147483647;overflow:auto;padding:2rem;background:#181a1fee;color:#e6e6e6;' +
      'font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;text-align:left'
    box.setAttribute('role', 'alert')
    const generation = failure.generation ? 'generation ' + failure.generation + ' ' : ''
    add(generation + 'failed: ' + failure.reason, 'color:#ff7b72;font-size:18px;font-weight:bold')
    add((failure.files || []).join('  '), 'color:#9aa4b2')
    add((failure.error || '') + (failure.place ? '  at ' + failure.place : ''), 'margin:1rem 0;font-weight:bold')
    add((failure.output || []).join('\n'), '')
    add('hotswap · Escape closes this; it goes when a save serves again', 'margin-top:1rem;color:#9aa4b2')
    shown.attachShadow({ mode: 'open' }).append(box)
    document.documentElement.append(shown)
  }
  addEventListener('keydown', (event) => event.key === 'Escape' && overlay(), true)

  // reload reports whether livereload-js must leave the page as it is.
  const reload = (path) => {
    if (!path.startsWith('hotswap/')) return false
    if (path.startsWith(failed)) {
      overlay(path !== failed && JSON.parse(path.slice(failed.length)))
      return true
    }
    if (answer) {
      console.info('hotswap: this page answers a form, so it is not reloaded')
      return true
    }
    const wait = leaving + patience - performance.now()
    if (wait > 0) {
      clearTimeout(again)
      again = setTimeout(() => reload(path) || location.reload(), wait)
      return true
    }
    write('after', path)
    return false
  }

  window.LiveReloadPluginHotswap = class {
    static identifier = 'hotswap'
    static version = '1.0'
    analyze() {
      return { age: performance.now(), after }
    }
    reload(path) {
      return reload(path)
    }
  }
})()
