// A server of pages with LiveReload's script. It holds the answers of /held and
// of forms until the file go is there, after it has made the file begun, and notes each form in
// the file forms.
const http = require('http'), fs = require('fs'), { version } = require('./version.json')
const page = (text) => '<!doctype html><html><head><link rel=stylesheet href=/site.css></head><body><p id=text>' + text + '</p>' +
  '<form method=post action=/form><input name=name value=Ada></form>' +
  '<script>sessionStorage.loads = Number(sessionStorage.loads || 0) + 1; ' +
  'EventSource = class extends EventSource { constructor(url) { super(url); window.stream = this } }</script>' +
  '<script src="http://localhost:' + process.env.LIVE + '/livereload.js"></script></body></html>'
const html = (r, text) => r.setHeader('Content-Type', 'text/html').end(page(text))
const held = (then) => fs.existsSync('go') ? then() : setTimeout(held, 5, then)
http.createServer((q, r) => {
  const sheet = /^\/\w+\.css/.exec(q.url)
  if (sheet) return r.setHeader('Content-Type', 'text/css').setHeader('Cache-Control', 'max-age=600').end(fs.readFileSync('public' + sheet))
  if (q.method === 'POST') {
    fs.appendFileSync('forms', 'version ' + version + '\n')
    fs.writeFileSync('begun', '')
    if (q.url === '/redirects') return held(() => r.writeHead(303, { Location: '/' }).end())
    return held(() => html(r, 'form for ' + version))
  }
  if (q.url === '/form') return r.writeHead(405).end()
  if (q.url === '/held') { fs.writeFileSync('begun', ''); return held(() => html(r, 'held ' + version)) }
  html(r, 'version ' + version)
}).listen(process.env.PORT, '127.0.0.1')
