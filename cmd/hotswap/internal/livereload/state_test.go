package livereload

import (
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"
)

// at returns a moment, in ms after the beginning of a test.
func at(ms int) time.Time { return time.UnixMilli(1_000_000).Add(time.Duration(ms) * time.Millisecond) }

// told returns what the page has to be told, in short.
func told(s *state, p *page) (out []string) {
	for _, e := range s.due(p) {
		out = append(out, e.Kind)
	}
	return out
}

// opened returns a page that connects at a time, and of which the navigation began at another one.
func opened(connected, began int, after string) *page {
	return newPage(at(connected), url.Values{"since": {strconv.FormatInt(at(began).UnixMilli(), 10)}, "after": {after}},
		"")
}

func wants(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// The navigation counts, not the connection: an answer may come from the old generation and its page connect after the
// cutover. The navigation of a page that loads slowly looks as if it were older than the cutover for which it was
// reloaded.
func TestPagesOlderThanTheCutoverReload(t *testing.T) {
	var s state
	s.reload(at(1000))
	for _, c := range []struct {
		what             string
		connected, began int
		after            string
		want             []string
	}{
		{"connected before", 900, 800, "", []string{"reload"}},
		{"navigation before, connected after", 1100, 999, "", []string{"reload"}},
		{"navigation after", 1100, 1050, "", nil},
		{"navigation a rounded millisecond after", 1100, 1000, "", []string{"reload"}},
		{"navigation later than now", 900, 2000, "", []string{"reload"}},
		{"reloaded for this cutover", 1010, 510, s.token, nil},
		{"reloaded for another cutover", 1010, 510, "another", []string{"reload"}},
	} {
		p := opened(c.connected, c.began, c.after)
		wants(t, c.what, told(&s, p), c.want...)
		wants(t, c.what+", again", told(&s, p))
	}
	wants(t, "who does not say was loaded now", told(&s, newPage(at(1100), url.Values{"since": {"x"}}, "")))
}

func TestStyleSheets(t *testing.T) {
	var s state
	s.reload(at(0))
	p := opened(10, 10, "")
	s.change(at(20))
	wants(t, "a change", told(&s, p), "css")
	s.change(at(30))
	s.change(at(50))
	wants(t, "two changes", told(&s, p), "css")
	wants(t, "no change", told(&s, p))

	wants(t, "changed before the page", told(&s, opened(100, 60, "")))
	late := opened(100, 35, "")
	wants(t, "changed while it was loading", told(&s, late), "css")
	s.change(at(120))
	s.reload(at(130))
	wants(t, "a reload brings them", told(&s, late), "reload")
}
