//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// pages is a server of pages with LiveReload's script. It holds the answers of /held and
// of forms until the file go is there, and notes each form in the file forms.
const pages = `
const http = require('http'), fs = require('fs'), { version } = require('./version.json')
const page = (text) => '<!doctype html><html><head><link rel=stylesheet href=/site.css></head><body><p id=text>' + text + '</p>' +
  '<form method=post action=/form><input name=name value=Ada></form>' +
  '<script>sessionStorage.loads = Number(sessionStorage.loads || 0) + 1</script>' +
  '<script src="http://localhost:' + process.env.LIVE + '/livereload.js"></script></body></html>'
const html = (r, text) => r.setHeader('Content-Type', 'text/html').end(page(text))
const held = (then) => fs.existsSync('go') ? then() : setTimeout(held, 5, then)
http.createServer((q, r) => {
  if (q.url.startsWith('/site.css')) return r.setHeader('Content-Type', 'text/css').end(fs.readFileSync('public/site.css'))
  if (q.method === 'POST') {
    fs.appendFileSync('forms', 'version ' + version + '\n')
    if (q.url === '/redirects') return held(() => r.writeHead(303, { Location: '/' }).end())
    return held(() => html(r, 'form for ' + version))
  }
  if (q.url === '/form') return r.writeHead(405).end()
  if (q.url === '/held') { fs.writeFileSync('asked', ''); return held(() => html(r, 'held ' + version)) }
  html(r, 'version ' + version)
}).listen(process.env.PORT, '127.0.0.1')
`

// site is a server of pages under hotswap, with a browser.
type site struct {
	*hotswap
	*tab
	t        *testing.T
	dir, url string
}

// watching are options: only the version counts.
var watching = []string{"--ext", "json"}

var liveTurn sync.Mutex

// livePort returns the port of the browsers' script, which one test at a time has.
func livePort(t *testing.T) string {
	liveTurn.Lock()
	t.Cleanup(liveTurn.Unlock)
	return live
}

func openSite(t *testing.T, args ...string) *site {
	t.Helper()
	dir, port, live := t.TempDir(), freePort(t), livePort(t)
	if err := os.Mkdir(filepath.Join(dir, "public"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "public", "site.css"), "p { color: rgb(1, 1, 1) }")
	write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
	write(t, filepath.Join(dir, "server.js"), pages)
	write(t, filepath.Join(dir, "hotswap.yaml"), "on:\n  - change: public/**/*.css\n    browser: css\n  - change: public/*.html\n    browser: reload\n")
	s := &site{t: t, dir: dir, url: "http://localhost:" + port}
	s.hotswap = start(t, options{
		dir: dir, env: []string{"PORT=" + port, "LIVE=" + live}, command: []string{"node", "server.js"},
		args: append([]string{"--livereload"}, args...),
	})
	s.Serving(1)
	s.tab = openTab(t)
	return s
}

// save writes the version into the source.
func (s *site) save(version int) {
	s.t.Helper()
	save(s.t, filepath.Join(s.dir, "version.json"), version)
}

// release lets held answers go.
func (s *site) release() {
	s.t.Helper()
	write(s.t, filepath.Join(s.dir, "go"), "")
}

// shows waits until the page shows the text and can be told what happens next, and demands
// that so many pages were loaded.
func (s *site) shows(text string, loads string) {
	s.t.Helper()
	s.is("document.getElementById('text')?.textContent", text)
	s.is("window.LiveReload?.connector.protocol", "7")
	s.is("sessionStorage.loads", loads)
}

// told waits until pages were told to reload the nth time.
func (s *site) told(n int) line {
	s.t.Helper()
	return s.Nth("pages are told", n, func(l line) bool { return l.Event == "livereload-told" })
}

// forms returns what the server has noted.
func (s *site) forms() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "forms"))
	return string(b)
}

// Nobody touches the page. A broken save does not touch it either.
func TestBrowserShowsTheNewVersion(t *testing.T) {
	t.Parallel()
	s := openSite(t, watching...)
	s.enter(s.url)
	s.shows("version 1", "1")
	s.save(2)
	s.shows("version 2", "2")
	write(t, filepath.Join(s.dir, "version.json"), `{"version":`)
	s.Wait("the broken version", func(l line) bool { return l.Event == "failed" })
	s.shows("version 2", "2")
	s.save(3)
	write(t, filepath.Join(s.dir, "version.json"), `{"version":3}`)
	s.shows("version 3", "3") // a fourth load would be that of the broken save
	if l := s.told(2); l.Pages != 1 {
		t.Errorf("%d pages were told", l.Pages)
	}
	s.signal(syscall.SIGHUP)
	s.shows("version 3", "4")
}

// The page replaces its style sheet and is not loaded again.
func TestBrowserStyleSheet(t *testing.T) {
	t.Parallel()
	s := openSite(t, watching...)
	s.enter(s.url)
	s.shows("version 1", "1")
	s.run("window.marker = 'here'")
	const color = "getComputedStyle(document.getElementById('text')).color"
	s.is(color, "rgb(1, 1, 1)")
	for _, want := range []string{"rgb(2, 2, 2)", "rgb(3, 3, 3)"} {
		write(t, filepath.Join(s.dir, "public", "site.css"), "p { color: "+want+" }")
		s.is(color, want)
		s.is("window.marker", "here")
		s.is("sessionStorage.loads", "1")
	}
	if n := s.Count(func(l line) bool { return l.Event == "serving" }); n != 1 {
		t.Errorf("%d generations have served", n)
	}
	if l := s.told(1); !strings.HasSuffix(l.Sheet, "public/site.css") || filepath.IsAbs(l.Sheet) {
		t.Errorf("the page was told of %s", l.Sheet)
	}
	s.save(2)
	s.shows("version 2", "2")
}

// The answer is the old version's, and its page connects when the new version serves.
func TestBrowserPageOpenedDuringASwap(t *testing.T) {
	t.Parallel()
	s := openSite(t, watching...)
	s.enter(s.url)
	s.shows("version 1", "1")
	s.visit(s.url + "/held")
	asked := filepath.Join(s.dir, "asked")
	awaitFile(t, asked)
	s.save(2)
	s.Serving(2)
	s.told(1)
	s.release()
	s.shows("held 2", "3") // the first page, the old answer, the new one
}

// The form is being sent while the version changes: the old version answers it, once, and
// the browser shows that answer.
func TestBrowserFormDuringASwap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ action, answer, loads string }{
		"answer":   {"/form", "form for 1", "2"},
		"redirect": {"/redirects", "version 2", "3"}, // and once more, because its navigation is older than the cutover
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t, watching...)
			s.enter(s.url)
			s.shows("version 1", "1")
			s.run("document.forms[0].action = '" + c.action + "'; document.forms[0].requestSubmit()")
			awaitFile(t, filepath.Join(s.dir, "forms"))
			s.save(2)
			s.Serving(2)
			if l := s.told(1); l.Pages != 1 {
				t.Errorf("%d pages were told", l.Pages)
			}
			s.release()
			s.shows(c.answer, c.loads)
			s.save(3)
			s.Serving(3)
			s.told(2)
			if name == "redirect" {
				s.shows("version 3", "4")
			} else {
				s.shows("form for 1", "2")
				s.visit(s.url)
				s.shows("version 3", "3")
			}
			if got := s.forms(); got != "version 1\n" {
				t.Errorf("forms came to %q", strings.Fields(got))
			}
		})
	}
}
