package livereload

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// clientTime limits each read of a handshake and each write.
const clientTime = 5 * time.Second

// Supervisor is what the server has to know of the supervisor.
type Supervisor interface {
	Status() report.Status
	Current() report.Status
	Changed() <-chan struct{}
}

// Server tells browsers what has changed. Its methods may be called from any goroutine and
// never wait for a browser.
type Server struct {
	mask   func([]byte) []byte           // puts stars in the place of what looks like a secret in JSON
	same   func(*http.Request) bool      // web.SameUser, except in tests
	told   func(pages int, sheet string) // reports how many pages were notified; sheet "": to reload
	url    string                        // of the script; "": nobody can connect. Constant after Add
	events chan struct{}                 // one element: an event came

	mu        sync.Mutex // guards the following fields
	state     state
	changed   chan struct{} // closed, and replaced, when there may be a message for pages
	serves    bool
	number    int // of the newest event for which pages are reloaded
	sent      int // the number of the event that pages were told of
	connected int
}

// New returns a server. A page that was loaded before now was answered by another program, unless replaces says that
// this hotswap replaces the one of which the program has the same source.
func New(replaces bool, mask func([]byte) []byte, told func(pages int, sheet string)) *Server {
	s := &Server{mask: mask, same: web.SameUser, told: told, events: make(chan struct{}, 1), changed: make(chan struct{})}
	if !replaces {
		s.state.reload(time.Now())
	}
	s.state.held = true // nothing serves yet
	return s
}

// Notice handles a notice of the supervisor. It runs in the supervisor's loop, right after connections were redirected.
func (s *Server) Notice(n report.Notice) {
	switch n.(type) {
	case report.NoticeServing:
		s.mu.Lock()
		again := s.serves
		s.serves = true
		s.mu.Unlock()
		if again {
			s.Reload()
		}
	case report.NoticeRolledBack:
		s.Reload()
	}
}

// Reload has each page that is older than this moment reloaded, as soon as no swap is under
// way.
func (s *Server) Reload() {
	s.mu.Lock()
	s.state.reload(time.Now())
	s.state.held = true // until look has seen what else is due
	s.number++
	s.mu.Unlock()
	select {
	case s.events <- struct{}{}:
	default:
	}
}

// Tell tells the pages of the program that files of theirs have changed. It reports false if no page can be connected.
func (s *Server) Tell(what rule.Browser, files []string) bool {
	switch {
	case s.Status() == nil:
		return false
	case what == rule.BrowserReload:
		s.Reload()
	default:
		for _, file := range files {
			s.CSS(file)
		}
	}
	return true
}

// CSS has each page load its style sheets again, because the one at path has changed.
func (s *Server) CSS(path string) {
	s.mu.Lock()
	s.state.change(time.Now())
	s.wakeLocked()
	pages := s.connected
	s.mu.Unlock()
	s.told(pages, path)
}

// mostOutput is how many lines of output a page shows.
const mostOutput = 30

// Show has the program's pages show why the newest save does not serve; nil: it does.
func (s *Server) Show(f *report.FailureStatus) {
	var text []byte
	if f != nil {
		part := *f
		part.Output = f.Telling(mostOutput)
		text, _ = json.Marshal(part) // of texts and numbers
		text = s.mask(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.failure != string(text) {
		s.state.failure = string(text)
		s.wakeLocked()
	}
}

// Status returns where pages find the script and how many are connected; nil: nobody can connect.
func (s *Server) Status() *report.BrowserStatus {
	if s.url == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &report.BrowserStatus{Script: s.url, Pages: s.connected}
}

// Run releases reloads when no swap is under way, until ctx ends.
func (s *Server) Run(ctx context.Context, sup Supervisor) {
	for seen := 0; ; {
		changed := sup.Changed()
		s.mu.Lock()
		number := s.number
		s.mu.Unlock()
		var st report.Status
		if number == seen {
			st = sup.Status()
		} else {
			st, seen = sup.Current(), number // the event came before its status
		}
		s.look(st, number)
		select {
		case <-changed:
		case <-s.events:
		case <-ctx.Done():
			return
		}
	}
}

// look evaluates a status that reflects the event of that number.
func (s *Server) look(st report.Status, number int) {
	s.mu.Lock()
	if len(st.Endpoints) > 0 && !slices.Equal(s.state.serves, st.Endpoints) {
		s.state.serves = st.Endpoints
		s.wakeLocked()
	}
	if s.number != number {
		s.mu.Unlock()
		return // a newer status follows
	}
	was := s.state.held
	old := slices.ContainsFunc(st.Generations, mayAnswer)
	if old && s.sent == number {
		s.sent-- // an old generation may have answered a page that was told to reload
	}
	s.state.held = st.UnderWay || st.Generation == 0 || old
	release := was && !s.state.held
	pages, told := s.connected, release && s.sent != number
	if told {
		s.sent = number
		s.state.reload(time.Now()) // an older generation may have answered until now
	}
	if release {
		s.wakeLocked()
	}
	s.mu.Unlock()
	if told {
		s.told(pages, "")
	}
}

// mayAnswer reports whether a request of a browser may go to a generation that no longer serves, on a connection that
// was kept. For one that stays for answers nobody waits: that may take for ever.
func mayAnswer(g report.GenerationStatus) bool {
	relieved := g.State == report.StateHeld || g.State == report.StateDraining
	return relieved && g.ReadyMS != nil && !g.Settled && g.StaysFor == 0
}

func (s *Server) wakeLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}
