'use strict'
const mostLines = 2000,
  mostBars = 8,
  longestSpan = 600e3
const $ = (selector) => document.querySelector(selector)
const token = new URLSearchParams(location.search).get('token')
const query = token === null ? '' : '?token=' + encodeURIComponent(token)
const [bars, axis, log, choice, pause] = [$('#bars'), $('#axis'), $('#log'), $('#gen'), $('[data-do=pause]')]
let view,
  ahead = 0 // ahead: of the server's clock against ours, in ms

// plain is a text without the commands of a terminal, such as colours, and without what would show it in another order.
const plain = (text) =>
  text
    .replace(/\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)/g, '')
    .replace(/\r?\n$/, '')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
// set leaves what is there already, which would be read aloud again.
const set = (element, text) => {
  if (element.textContent !== plain(text)) element.textContent = plain(text)
}
const count = (n, what) => n + ' ' + what + (n === 1 ? '' : 's')
const time = (ms) =>
  ms < 1000 ? ms + ' ms' : ms < 60e3 ? (ms / 1000).toFixed(1) + ' s' : Math.round(ms / 60e3) + ' min'
const add = (to, name, kind) => {
  const e = document.createElement(name)
  if (kind) e.className = kind
  to.append(e)
  return e
}

function show() {
  document.body.classList.remove('lost')
  const { generation, state, paused, failure: f } = view
  set(
    $('#state'),
    (generation ? 'generation ' + generation + ' serves' : state) +
      (paused ? ' · paused' + (paused.files ? ', ' + count(paused.files, 'changed file') : '') : ''),
  )
  showAddresses(view.endpoints)
  set($('#counts'), [count(view.swaps, 'swap'), view.failed_swaps + ' failed'].join(' · '))
  pause.dataset.do = paused ? 'resume' : 'pause'
  set(pause, paused ? 'Resume' : 'Pause')
  document.title = (f ? '✗ ' : '') + (generation || state) + ' · hotswap'
  $('#failure').hidden = !f
  if (f) {
    const failed = (f.generation ? 'generation ' + f.generation + ' failed: ' : '') + f.reason
    set($('#failure h2'), f.error || failed)
    set(
      $('#failure p'),
      [f.place, f.error && failed, (f.files || []).concat(f.more_files ? f.more_files + ' more' : []).join(' ')]
        .filter(Boolean)
        .join(' · '),
    )
    set($('#failure pre'), (f.output || []).join('\n'))
  }
  draw()
}

// showAddresses shows where the program serves; what a browser can open is a link.
function showAddresses(endpoints) {
  const all = JSON.stringify(endpoints),
    to = $('#addresses')
  if (to.dataset.shown === all) return
  to.dataset.shown = all
  to.replaceChildren()
  for (const { network, address } of endpoints) {
    const link = add(to, network.startsWith('tcp') ? 'a' : 'span')
    if (link.localName === 'a') {
      link.href = 'http://' + address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, location.hostname)
      link.target = '_blank'
    }
    set(link, address)
  }
}

// draw draws the newest generations, and a command before a start that has failed, on a line that ends now.
function draw() {
  if (!view) return
  const f = view.failure,
    now = Date.now() + ahead
  const step =
    f && !f.generation ? [{ gen: '–', state: 'failed', began: Date.parse(f.at), ended: Date.parse(f.at) }] : []
  const shown = [...view.generations, ...step].slice(-mostBars)
  const from = Math.max(now - longestSpan, Math.min(now - 10e3, ...shown.map((g) => g.began)))
  const ago = [time(now - from) + ' ago', time((now - from) / 2) + ' ago', 'now']
  ago.forEach((text, i) => set(axis.children[i], text))
  while (bars.children.length > shown.length) bars.lastChild.remove()
  shown.reverse().forEach((g, i) => {
    const row = bars.children[i] || add(bars, 'li')
    if (!row.firstChild) {
      add(row, 'b')
      add(row, 'div')
      add(row, 'span')
    }
    const [number, track, text] = row.children,
      end = g.ended || now,
      served = g.served || end,
      relieved = g.relieved || end
    const parts = [
      [g.served || g.state !== 'failed' ? 'boot' : 'failed', g.began, served],
      ['serving', served, Math.min(relieved, end)],
      ['draining', relieved, end],
    ]
    if (g.served && g.state === 'failed') parts.push(['failed', end, end])
    const drawn = parts.filter(([kind, a, b]) => (b > a || kind === 'failed') && b >= from)
    while (track.children.length > drawn.length) track.lastChild.remove()
    drawn.forEach(([kind, a, b], i) => {
      const part = track.children[i] || add(track, 'i')
      part.className = kind
      part.style.left =
        'min(' + Math.max(0, ((a - from) / (now - from)) * 100) + '%, 100% - ' + (kind === 'failed' ? 8 : 3) + 'px)'
      part.style.width = ((b - Math.max(a, from)) / (now - from)) * 100 + '%'
    })
    row.className = g.state
    set(number, String(g.gen))
    set(
      text,
      [
        g.state,
        g.served && 'boot ' + time(g.served - g.began),
        g.connections && count(g.connections, 'connection'),
        g.stays_for && 'stays for ' + count(g.stays_for, 'answer') + ' under way',
      ]
        .filter(Boolean)
        .join(' · '),
    )
  })
}

// later shows lines after a pause that is long against what it takes: the browser lays out the whole log each time, and a
// page of a program that writes without a pause must still answer.
let waiting = [],
  rested = 0
function later(lines) {
  if (!waiting.length) setTimeout(showWaiting, Math.max(0, rested - performance.now()))
  waiting = [...waiting, ...lines].slice(-mostLines)
}

function showWaiting() {
  const began = performance.now(),
    lines = waiting
  waiting = []
  showLines(lines)
  const now = performance.now()
  rested = now + Math.max(100, 5 * (now - began))
}

const decoded = (bytes) => new TextDecoder().decode(Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)))

function showLines(lines) {
  const end = log.scrollHeight - log.scrollTop - log.clientHeight < 40
  for (const { gen, text = '', bytes, missed } of lines) {
    if (missed) add(log, 'div').textContent = '… lines missing here'
    for (const line of (bytes ? decoded(bytes) : text).replace(/\r?\n$/, '').split('\n')) {
      const row = add(log, 'div')
      row.dataset.gen = gen
      row.hidden = choice.value !== '' && choice.value !== String(gen)
      add(row, 'b').textContent = gen || ''
      row.append(plain(line))
    }
    if (gen && ![...choice.options].some((o) => o.value === String(gen))) {
      choice.add(new Option('generation ' + gen, gen), choice.options[1])
      if (choice.length > 40 && choice.selectedIndex !== choice.length - 1) choice.remove(choice.length - 1)
    }
  }
  while (log.children.length > mostLines) log.firstChild.remove()
  if (end) log.scrollTop = log.scrollHeight
}

choice.addEventListener('change', () => {
  for (const row of log.children) row.hidden = choice.value !== '' && choice.value !== row.dataset.gen
  log.scrollTop = log.scrollHeight
})

for (const button of document.querySelectorAll('[data-do]')) {
  button.addEventListener('click', async () => {
    const name = button.dataset.do
    set($('#result'), name + '…')
    try {
      const answer = await fetch('/live/do/' + name + query, { method: 'POST', headers: { 'Hotswap-Page': '1' } })
      set($('#result'), name + ': ' + (await answer.text()))
    } catch {
      set($('#result'), name + ': no answer')
    }
  })
}

// connect connects again by itself where the browser does not: after an answer that is an error.
function connect() {
  const stream = new EventSource('/live/stream' + query)
  stream.addEventListener('state', (e) => {
    view = JSON.parse(e.data)
    ahead = view.now - Date.now()
    show()
  })
  stream.addEventListener('lines', (e) => later(e.data.split('\n').map((line) => JSON.parse(line))))
  stream.onerror = () => {
    document.body.classList.add('lost')
    set($('#state'), 'not connected')
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 3000)
  }
}
connect()
setInterval(() => {
  if (!document.hidden) draw()
}, 1000)
