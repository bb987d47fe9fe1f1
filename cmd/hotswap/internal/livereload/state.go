package livereload

import (
	"crypto/rand"
	"net/url"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// coarse is how much of its age a page may leave out, because browsers round the clock of pages
// down.
const coarse = time.Millisecond

// state decides which messages each page gets. It is pure: callers pass the time.
type state struct {
	at    time.Time // of the newest event for which pages are reloaded
	token string    // of that event

	swapping bool // no page is told to reload

	sheets  time.Time // when style sheets changed last since then; zero: they have not
	changes int       // of style sheets so far

	failure string                  // why the newest save does not serve, as JSON; "": it does
	serves  []report.EndpointStatus // where the program served last
}

type page struct {
	since   time.Time // the earliest time at which its navigation may have begun
	after   string    // the last event for which it reloaded, or was told to
	sheets  int       // the number of the newest change that it was told of
	origin  string    // "": not known, or of another user's program
	failure string    // that it shows
}

// newPage returns a page that has connected now, and says of itself when its navigation began, and which reload has
// brought it. Who does not say was loaded now.
func newPage(now time.Time, says url.Values, origin string) *page {
	p := &page{since: now, after: says.Get("after"), origin: origin}
	if ms, err := strconv.ParseInt(says.Get("since"), 10, 64); err == nil && ms <= now.UnixMilli() {
		p.since = time.UnixMilli(ms).Add(-coarse)
	}
	return p
}

// reload notes that pages older than now have to be reloaded.
func (s *state) reload(now time.Time) {
	s.at, s.token, s.sheets = now, rand.Text(), time.Time{}
}

func (s *state) change(now time.Time) { s.sheets, s.changes = now, s.changes+1 }

// due returns what the page has to be told now, and notes that it was.
func (s *state) due(p *page) (out []web.Event) {
	sheets := s.changes > p.sheets && !p.since.After(s.sheets)
	p.sheets = s.changes
	failure := s.failure
	if !serves(s.serves, p.origin) {
		failure = ""
	}
	if p.failure != failure {
		p.failure = failure
		out = append(out, web.Event{Kind: "failure", Data: []byte(failure)})
	}
	switch {
	case !s.swapping && p.since.Before(s.at) && p.after != s.token:
		p.after = s.token
		out = append(out, web.Event{Kind: "reload", Data: []byte(s.token)})
	case sheets:
		out = append(out, web.Event{Kind: "css"})
	}
	return out
}
