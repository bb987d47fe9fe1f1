package livereload

import (
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// at returns a moment, in ms after the beginning of a test.
func at(ms int) time.Time { return time.UnixMilli(1_000_000).Add(time.Duration(ms) * time.Millisecond) }

// told returns what the page has to be told, in short.
func told(s *state, p *page) (out []string) {
	for _, m := range s.due(p) {
		what := "reload"
		if m.LiveCSS {
			what = m.Path
		}
		out = append(out, what)
	}
	return out
}

func wants(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// The navigation counts, not the connection: an answer may come from the old generation
// and its page connect after the cutover.
func TestPagesOlderThanTheCutoverReload(t *testing.T) {
	var s state
	s.reload(at(1000))
	for _, c := range []struct {
		what  string
		hello int
		age   time.Duration
		want  []string
	}{
		{"connected before", 900, 100 * time.Millisecond, []string{"reload"}},
		{"navigation before, connected after", 1100, 101 * time.Millisecond, []string{"reload"}},
		{"navigation after", 1100, 50 * time.Millisecond, nil},
		{"navigation a rounded millisecond after", 1100, 99500 * time.Microsecond, []string{"reload"}},
	} {
		p := newPage(at(c.hello), "")
		p.introduce(at(c.hello), info{age: c.age, known: true})
		wants(t, c.what, told(&s, p), c.want...)
		wants(t, c.what+", again", told(&s, p))
	}
}

// A page that loads slowly reports an age that looks as if it were older than the cutover.
func TestReloadedPageIsNotReloadedAgain(t *testing.T) {
	var s state
	s.reload(at(1000))
	again := newPage(at(1010), "")
	again.introduce(at(1010), info{age: 500 * time.Millisecond, after: s.token, known: true})
	wants(t, "reloaded for this cutover", told(&s, again))
	s.reload(at(2000))
	wants(t, "the next cutover", told(&s, again), "reload")
	old := newPage(at(2010), "")
	old.introduce(at(2010), info{age: 500 * time.Millisecond, after: "hotswap/another", known: true})
	wants(t, "reloaded for another cutover", told(&s, old), "reload")
}

func TestStyleSheets(t *testing.T) {
	var s state
	s.reload(at(0))
	p := newPage(at(10), "")
	s.change(at(20))
	wants(t, "a change", told(&s, p), "*.css")
	s.change(at(30))
	s.change(at(50))
	wants(t, "two changes", told(&s, p), "*.css")
	wants(t, "no change", told(&s, p))

	late := newPage(at(100), "")
	wants(t, "changed before the page", told(&s, late))
	late.introduce(at(100), info{age: 65 * time.Millisecond, known: true})
	wants(t, "changed while it was loading", told(&s, late), "*.css")
	s.change(at(120))
	s.reload(at(130))
	wants(t, "a reload brings them", told(&s, late), "reload")
}

// Only hotswap's own script can show a failure. A page that connects later shows it, too.
func TestFailureIsShownAndGoes(t *testing.T) {
	var s state
	s.serves = []report.EndpointStatus{{Network: "tcp4", Address: "127.0.0.1:4000"}}
	const origin = "http://localhost:4000"
	own, other := newPage(at(0), origin), newPage(at(0), origin)
	paths := func(p *page) (out []string) {
		for _, m := range s.due(p) {
			out = append(out, m.Path)
		}
		return out
	}
	own.introduce(at(0), info{known: true})
	s.failure = "{1}"
	wants(t, "broken", paths(own), failurePath+"{1}")
	wants(t, "broken, again", paths(own))
	wants(t, "an extension", paths(other))
	s.failure = "{2}"
	wants(t, "still broken", paths(own), failurePath+"{2}")
	late := newPage(at(10), origin)
	wants(t, "before its info", paths(late))
	late.introduce(at(10), info{known: true})
	wants(t, "later", paths(late), failurePath+"{2}")
	s.failure = ""
	s.reload(at(20))
	wants(t, "good again", paths(own), failurePath, s.token)
	wants(t, "an extension, good again", paths(other), s.token)
}
