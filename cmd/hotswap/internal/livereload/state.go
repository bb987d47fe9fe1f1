package livereload

import (
	"crypto/rand"
	"strings"
	"time"
)

const (
	// allSheets is a path that names no style sheet of any page, so that livereload-js
	// replaces all of them.
	allSheets = "*.css"

	maxSheets = 64   // that are remembered by name
	maxPath   = 1024 // of a style sheet, in bytes

	// coarse is how much of its age a page may leave out, because browsers round the
	// clock of pages down.
	coarse = time.Millisecond
)

// state decides what each page has to be told. It does nothing and has no clock.
type state struct {
	at    time.Time // of the newest event for which pages are reloaded
	token string    // of that event
	held  bool      // a swap is under way: no page is told to reload

	sheets  []sheet // that have changed since then, each once
	changes int     // of style sheets so far
}

// sheet is a style sheet that has changed.
type sheet struct {
	path   string
	at     time.Time
	number int // of the change
}

// page is what is known of a connected page.
type page struct {
	since  time.Time // the earliest time at which its navigation may have begun
	after  string    // the event for which it was reloaded last, or told to
	sheets int       // the number of the newest change that it was told of
}

// newPage returns a page that has connected now.
func newPage(now time.Time) *page { return &page{since: now} }

// introduce notes what a page reports of itself in answer to the hello, which was sent at
// that time.
func (p *page) introduce(hello time.Time, i info) {
	if !i.known {
		return
	}
	p.since, p.sheets = hello.Add(-i.age-coarse), 0
	if i.after != "" {
		p.after = i.after
	}
}

// reload notes that pages older than now have to be reloaded.
func (s *state) reload(now time.Time) {
	s.at, s.token, s.sheets = now, "hotswap/"+rand.Text(), nil
}

// change notes that a style sheet has changed.
func (s *state) change(path string, now time.Time) {
	if !strings.HasSuffix(path, ".css") || len(path) > maxPath {
		path = allSheets
	}
	s.changes++
	for i := range s.sheets {
		if s.sheets[i].path == path {
			s.sheets[i].at, s.sheets[i].number = now, s.changes
			return
		}
	}
	if len(s.sheets) == maxSheets {
		path, s.sheets = allSheets, nil
	}
	s.sheets = append(s.sheets, sheet{path, now, s.changes})
}

// due returns what the page has to be told now, and notes that it was told.
func (s *state) due(p *page) []reload {
	if p.since.Before(s.at) && p.after != s.token {
		if s.held {
			return s.dueSheets(p)
		}
		p.after, p.sheets = s.token, s.changes
		return []reload{reloadPage(s.token)}
	}
	return s.dueSheets(p)
}

func (s *state) dueSheets(p *page) (out []reload) {
	for _, c := range s.sheets {
		if c.number > p.sheets && !p.since.After(c.at) {
			out = append(out, reloadSheet(c.path))
		}
	}
	p.sheets = s.changes
	return out
}
