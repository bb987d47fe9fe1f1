package livereload

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Server tells browsers what has changed. Its methods may be called from any goroutine and
// never wait for a browser.
type Server struct {
	same func(*http.Request) bool      // web.SameUser, except in tests
	told func(pages int, sheet string) // reports how many pages were notified; sheet "": to reload
	url  string                        // of the script; "": nobody can connect. Constant after Add

	mu        sync.Mutex // guards the following fields
	state     state
	serves    report.GenID          // the generation that has served last; 0: none has
	changed   chan struct{}         // closed, and replaced, when there may be a message for pages
	under     bool                  // a swap is under way, by the status
	untold    bool                  // the server has yet to tell pages of the newest event
	failure   *report.FailureStatus // that state has as text
	connected int
}

// New returns a server. A page that was loaded before now was answered by another program, unless replaces says that
// this hotswap replaces the one of which the program has the same source.
func New(replaces bool, told func(pages int, sheet string)) *Server {
	s := &Server{same: web.SameUser, told: told, changed: make(chan struct{})}
	if !replaces {
		s.state.reload(time.Now())
	}
	s.state.held, s.under = true, true // nothing serves yet
	return s
}

// Reload has each page that is older than this moment reloaded, as soon as no swap is under way.
func (s *Server) Reload() {
	s.mu.Lock()
	s.reloadLocked()
	s.mu.Unlock()
	s.release()
}

func (s *Server) reloadLocked() {
	s.state.reload(time.Now())
	s.state.held, s.untold = true, true
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

const mostOutput = 30

// showLocked has the program's pages show why the newest save does not serve; nil: it does.
func (s *Server) showLocked(f *report.FailureStatus) {
	if f == s.failure {
		return
	}
	s.failure, s.state.failure = f, ""
	if f != nil {
		part := *f
		part.Output = f.Telling(mostOutput)
		text, _ := json.Marshal(part) // of texts and numbers
		s.state.failure = string(secret.JSON(text))
	}
	s.wakeLocked()
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
	s.showLocked(st.Failure)
	if s.serves != 0 && st.Generation != 0 && st.Generation != s.serves {
		s.reloadLocked()
	}
	s.serves = cmp.Or(st.Generation, s.serves)
	if len(st.Endpoints) > 0 && !slices.Equal(s.state.serves, st.Endpoints) {
		s.state.serves = st.Endpoints
		s.wakeLocked()
	}
	old := slices.ContainsFunc(st.Generations, mayAnswer)
	if old {
		s.untold = true // an old generation may have answered a page that was told to reload
	}
	s.under = st.UnderWay || st.Generation == 0 || old
	s.state.held = s.state.held || s.under
	s.mu.Unlock()
	s.release()
}

// release has pages told of the newest event, unless a swap is under way.
func (s *Server) release() {
	s.mu.Lock()
	if !s.state.held || s.under {
		s.mu.Unlock()
		return
	}
	pages, told := s.connected, s.untold
	if s.state.held, s.untold = false, false; told {
		s.state.reload(time.Now()) // an older generation may have answered until now
	}
	s.wakeLocked()
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
