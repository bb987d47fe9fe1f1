package livereload

import (
	"cmp"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Server tells browsers what has changed. Its methods may be called from any goroutine and
// never wait for a browser.
type Server struct {
	said func(pages int, sheet string) // notes how many pages were notified; sheet "": to reload. It does not block
	url  string                        // of the script; "": nobody can connect. Constant after Add

	mu        sync.Mutex // guards the following fields
	state     state
	serves    report.GenID          // the generation that has served last; 0: none has
	changed   wait.Change           // there may be a message for pages
	pending   bool                  // pages have yet to reload for the newest event
	failure   *report.FailureStatus // that state has as text
	connected int
}

// New returns a server. A page that was loaded before now was answered by another program, unless replaces says that
// this hotswap replaces the one of which the program has the same source.
func New(replaces bool, said func(pages int, sheet string)) *Server {
	s := &Server{said: said}
	if !replaces {
		s.state.reload(time.Now())
	}
	s.state.swapping = true // nothing serves yet
	return s
}

// Tell tells the pages of the program that files of theirs have changed: at once, or to reload when no swap is under
// way. It reports false if no page can be connected.
func (s *Server) Tell(what rule.Browser, files []string) bool {
	if s.url == "" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if what == rule.BrowserReload {
		s.pending = true
		s.swapLocked(s.state.swapping)
	} else {
		for _, file := range files {
			s.state.change(time.Now())
			s.changed.Now()
			s.said(s.connected, file)
		}
	}
	return true
}

const mostOutput = 30

// showLocked has the program's pages show why the newest save does not serve; nil: it does.
func (s *Server) showLocked(f *report.FailureStatus) {
	if f == s.failure {
		return
	}
	s.failure, s.state.failure = f, ""
	if f != nil {
		part := *f
		part.Last = f.Telling(mostOutput)
		text, _ := json.Marshal(part) // of texts and numbers
		s.state.failure = string(secret.JSON(text))
	}
	s.changed.Now()
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

// Publish evaluates a status. It runs in the supervisor's loop, right after connections were redirected.
func (s *Server) Publish(st *report.Status) {
	if s.url == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.showLocked(st.Failure)
	if s.serves != 0 && st.Generation != 0 && st.Generation != s.serves {
		s.pending = true
	}
	s.serves = cmp.Or(st.Generation, s.serves)
	if len(st.Endpoints) > 0 && !slices.Equal(s.state.serves, st.Endpoints) {
		s.state.serves = st.Endpoints
		s.changed.Now()
	}
	old := slices.ContainsFunc(st.Generations, mayAnswer)
	s.pending = s.pending || old // an old generation may have answered a page that was told to reload
	s.swapLocked(st.UnderWay || st.Generation == 0 || old)
}

// swapLocked notes whether a swap is under way. When none is, pages hear of the newest event.
func (s *Server) swapLocked(underWay bool) {
	ended := s.state.swapping && !underWay
	s.state.swapping = underWay
	if underWay || !ended && !s.pending {
		return
	}
	if s.pending {
		s.pending = false
		s.state.reload(time.Now()) // an older generation may have answered until now
		s.said(s.connected, "")
	}
	s.changed.Now()
}

// mayAnswer reports whether a request of a browser may go to a generation that no longer serves, on a connection that
// was kept. For one that stays for answers nobody waits: that may take for ever.
func mayAnswer(g report.GenerationStatus) bool {
	relieved := g.State == report.StateReserve || g.State == report.StateDraining
	return relieved && g.ReadyMS != nil && !g.Settled && g.StaysFor == 0
}
