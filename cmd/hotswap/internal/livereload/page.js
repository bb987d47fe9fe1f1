// hotswap's /livereload.js reloads the page, or its style sheets, when hotswap says so, by server-sent events.
//
// Each time it connects it tells hotswap when the page's navigation began, by hotswap's clock, so that hotswap knows
// whether that was before the last swap. It also keeps a reload from doing harm: a reload while a form is being sent
// would take the answer away, and the reload of a page that is the answer to a form would send the form again.
;(function (served) {
  // the time when hotswap served this script, in ms since the epoch
  'use strict'
  const patience = 30000 // a navigation that has not replaced the page after this time, in ms, was a download
  const top = window === window.top // frames of one tab share the storage
  const script = document.currentScript || document.querySelector('script[src*="/livereload.js"]')
  // The page cannot be younger than this. The script may run long after it came.
  const since = served - (performance.getEntriesByName(script.src).pop()?.responseEnd || performance.now())
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
  const navigation = performance.getEntriesByType('navigation')[0] || {
    type: 'navigate',
    redirectCount: 0,
    name: document.URL,
  }
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
    if (!event.persisted) return
    leaving = -patience // the browser has brought the page back
    connect()
  })
  if (window.navigation) {
    window.navigation.addEventListener('navigate', (event) => {
      if (event.destination.sameDocument || event.downloadRequest !== null || event.navigationType === 'reload') return
      write('form', event.formData ? 'sent ' + bare(event.destination.url) : '')
    })
  }

  // overlay shows over the page why the newest save does not serve, as JSON; '': it does. What the program wrote is
  // never more than text.
  let shown = null
  let told = ''
  let closed = '' // what the person has closed
  const overlay = (text) => {
    shown?.remove()
    shown = null
    told = text
    if (!text || text === closed || !top) return
    const failure = JSON.parse(text)
    shown = document.createElement('hotswap-failure')
    const box = document.createElement('div')
    const add = (text, style) => {
      if (!text) return
      const line = document.createElement('div')
      line.textContent = text
      line.style.cssText = style
      box.append(line)
    }
    box.style.cssText =
      'position:fixed;inset:0;z-index:2147483647;overflow:auto;padding:2rem;background:#181a1fee;color:#e6e6e6;' +
      'font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;text-align:left'
    box.setAttribute('role', 'alert')
    const generation = failure.generation ? 'generation ' + failure.generation + ' ' : ''
    add(generation + 'failed: ' + failure.reason, 'color:#ff7b72;font-size:18px;font-weight:bold')
    add(
      (failure.files || []).concat(failure.more_files ? failure.more_files + ' more' : []).join('  '),
      'color:#9aa4b2',
    )
    add((failure.error || '') + (failure.place ? '  at ' + failure.place : ''), 'margin:1rem 0;font-weight:bold')
    add((failure.output || []).join('\n'), '')
    add('hotswap · Escape closes this; it goes when a save serves again', 'margin-top:1rem;color:#9aa4b2')
    shown.attachShadow({ mode: 'open' }).append(box)
    document.documentElement.append(shown)
  }
  addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || !shown) return
      closed = told
      overlay('')
    },
    true,
  )

  const reload = (token) => {
    if (answer) {
      console.info('hotswap: this page answers a form, so it is not reloaded')
      return
    }
    clearTimeout(again)
    const wait = leaving + patience - performance.now()
    if (wait > 0) {
      again = setTimeout(reload, wait, token)
      return
    }
    write('after', token)
    location.reload()
  }

  // imports returns the style sheets that one imports, if the browser shows that.
  const imports = (sheet) => {
    try {
      return [...sheet.cssRules].flatMap((rule) =>
        rule.styleSheet ? [rule.styleSheet.href, ...imports(rule.styleSheet)] : [],
      )
    } catch {
      return [] // of another origin
    }
  }
  // restyle loads the style sheets anew. Each stays until the new one is there, because the page would lose its style.
  const newer = new WeakMap() // by a link the one that is to replace it
  const restyle = async () => {
    await Promise.allSettled([...document.styleSheets].flatMap(imports).map((url) => fetch(url, { cache: 'reload' })))
    for (const sheet of [...document.styleSheets]) {
      const old = sheet.ownerNode
      if (sheet.disabled || !(old instanceof Element)) continue
      const fresh = old.cloneNode(true)
      if (!sheet.href) {
        if (imports(sheet).length) old.replaceWith(fresh)
        continue
      }
      newer.get(old)?.remove()
      newer.set(old, fresh)
      const url = new URL(sheet.href)
      url.searchParams.set('livereload', Date.now())
      fresh.href = url
      fresh.onload = () => old.remove()
      fresh.onerror = () => fresh.remove()
      old.after(fresh)
    }
  }

  // A browser opens at most six connections to one name of hotswap. So a page has one only while somebody may see it, and
  // not to the name that the script is loaded from, because pages would wait for that.
  let source = null
  let pause = 0 // before the next attempt, in ms
  let next = 0
  const connect = () => {
    clearTimeout(next)
    source?.close()
    source = null
    if (document.visibilityState === 'hidden') return
    const url = new URL('/livereload/events', script.src)
    url.hostname = url.hostname === 'localhost' ? '127.0.0.1' : 'localhost'
    url.search = new URLSearchParams({ since: Math.floor(since), after })
    source = new EventSource(url)
    source.onopen = () => {
      pause = 0
      overlay('') // a failure that is not over follows
    }
    source.onerror = () => {
      source.close()
      pause = Math.min(pause * 2 || 1000, 60000)
      next = setTimeout(connect, pause)
    }
    source.addEventListener('reload', (event) => reload(event.data))
    source.addEventListener('css', restyle)
    source.addEventListener('failure', (event) => overlay(event.data))
  }
  addEventListener('visibilitychange', connect)
  connect()
})
