//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// site is a server of pages under hotswap, with a browser.
type site struct {
	*hotswap
	*tab
	t        *testing.T
	dir, url string
}

var liveTurn sync.Mutex

// livePort returns the port of the browsers' script, which one test at a time has.
func livePort(t *testing.T) string {
	liveTurn.Lock()
	t.Cleanup(liveTurn.Unlock)
	return live
}

func openSite(t *testing.T) *site {
	t.Helper()
	dir, port, live := t.TempDir(), freePort(t), livePort(t)
	write(t, filepath.Join(dir, "public", "site.css"), "@import 'text.css';")
	write(t, filepath.Join(dir, "public", "text.css"), "p { color: rgb(1, 1, 1) }")
	write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
	write(t, filepath.Join(dir, "server.js"), program(t, "pages.js"))
	write(t, filepath.Join(dir, "hotswap.yaml"),
		"on:\n  - change: public/**/*.css\n    browser: css\n  - change: public/*.html\n    browser: reload\n")
	s := &site{t: t, dir: dir, url: "http://localhost:" + port}
	s.hotswap = start(t, options{
		dir: dir, env: []string{"PORT=" + port, "LIVE=" + live}, command: []string{"node", "server.js"},
		args: []string{"--livereload", "--ignore", "*.js"}, // only the version counts
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

// shows waits until the page shows the text and can be told what happens next, and demands
// that so many pages were loaded.
func (s *site) shows(text string, loads string) {
	s.t.Helper()
	s.is("document.getElementById('text')?.textContent", text)
	s.is("window.stream?.readyState", "1")
	s.is("sessionStorage.loads", loads)
}

// told waits until pages were told to reload the nth time.
func (s *site) told(n int) line {
	s.t.Helper()
	return s.Nth("pages are told", n, is("livereload-told"))
}

// Nobody touches the page. A broken save is explained over it, as text whatever it is, until a save serves again. A
// page that nobody sees hears nothing until somebody does. A style sheet that another one imports is replaced, and its
// page is not loaded again.
func TestBrowserShowsTheNewVersion(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.enter(s.url)
	s.shows("version 1", "1")
	s.save(2)
	s.shows("version 2", "2")
	has := func(part string) {
		t.Helper()
		s.is("String(document.querySelector('hotswap-failure')?.shadowRoot.textContent.includes("+strconv.Quote(part)+
			"))", "true")
	}
	gone := func() { t.Helper(); s.is("String(document.querySelector('hotswap-failure'))", "null") }
	gone()
	version := filepath.Join(s.dir, "version.json")
	write(t, version, `{"version": <img src=x onerror=document.title='run'>`)
	has("generation 3 failed: exit 1 before it listened")
	has("version.json")
	has("<img src=x")
	s.is("String(document.querySelector('hotswap-failure').shadowRoot.querySelector('img'))", "null")
	s.is("document.title", "")
	turns := func(state string) {
		t.Helper()
		s.run("Object.defineProperty(document, 'visibilityState', {value: '" + state +
			"', configurable: true}); document.dispatchEvent(new Event('visibilitychange', {bubbles: true})); stream.addEventListener('failure', () => { window.told = true })")
	}
	for range 2 { // the second one is not meant for what has been closed
		s.run("dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
	}
	gone()
	turns("hidden")
	turns("visible")
	s.is("String(window.told)", "true")
	gone()
	write(t, version, `{"version": token=hunter2`)
	has("token=***")
	s.shows("version 2", "2")
	write(t, version, `{"version":3}`)
	s.shows("version 3", "3") // a fourth load would be that of a broken save
	gone()
	if l := s.told(2); l.Pages != 1 {
		t.Errorf("%d pages were told", l.Pages)
	}
	turns("hidden")
	s.is("window.stream.readyState", "2") // it is closed
	s.signal(syscall.SIGHUP)
	s.told(3)
	s.is("sessionStorage.loads", "3")
	turns("visible")
	s.shows("version 3", "4")
	s.is("new URL(stream.url).hostname", "127.0.0.1") // no page waits for its script because six others have a stream

	served := s.Count(is("serving"))
	const color = "getComputedStyle(document.getElementById('text')).color"
	s.is(color, "rgb(1, 1, 1)")
	for _, want := range []string{"rgb(2, 2, 2)", "rgb(3, 3, 3)"} {
		write(t, filepath.Join(s.dir, "public", "text.css"), "p { color: "+want+" }")
		s.is(color, want)
		s.is("sessionStorage.loads", "4")
	}
	if n := s.Count(is("serving")); n != served {
		t.Errorf("%d generations have served a style sheet", n-served)
	}
	if l := s.told(4); !strings.HasSuffix(l.Sheet, "public/text.css") || filepath.IsAbs(l.Sheet) {
		t.Errorf("the page was told of %s", l.Sheet)
	}
}

// What the old version answers while the version changes. A page connects when the new version serves, and is loaded
// again. A form is answered once, and the browser shows that answer; where it leads to a page, that page is loaded
// once more, because its navigation is older than the cutover.
func TestBrowserDuringASwap(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	begun, loads := filepath.Join(s.dir, "begun"), 0
	for i, c := range []struct{ begin, shows string }{
		{"location.href = '/held'", "held 2"},
		{"document.forms[0].action = '/form'; document.forms[0].requestSubmit()", "form for 2"},
		{"document.forms[0].action = '/redirects'; document.forms[0].requestSubmit()", "version 4"},
	} {
		version := i + 1
		s.enter(s.url)
		loads++
		s.shows(fmt.Sprint("version ", version), strconv.Itoa(loads))
		s.run(c.begin)
		awaitFile(t, begun)
		s.save(version + 1)
		s.Serving(version + 1)
		s.told(version)
		write(t, filepath.Join(s.dir, "go"), "") // release the held answer
		loads += map[bool]int{true: 1, false: 2}[strings.HasPrefix(c.shows, "form")]
		s.shows(c.shows, strconv.Itoa(loads))
		testkit.NoError(t, errors.Join(os.Remove(begun), os.Remove(filepath.Join(s.dir, "go"))))
	}
	if b, err := os.ReadFile(filepath.Join(s.dir, "forms")); string(b) != "version 2\nversion 3\n" {
		t.Errorf("forms came to %q, %v", strings.Fields(string(b)), err)
	}
}
