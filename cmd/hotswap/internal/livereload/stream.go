package livereload

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/internal/web"
)

const (
	scriptPath = "/livereload.js"
	streamPath = "/livereload/events"
	maxStreams = 64
)

//go:embed page.js
var script string

// sameUser is replaced by tests.
var sameUser = web.SameUser

// Add adds the script and the streams to a server, which is at base.
func (s *Server) Add(to *http.ServeMux, base string) {
	s.url = base + scriptPath
	to.HandleFunc("GET "+scriptPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		// it has the time, and another hotswap may have another script
		w.Header().Set("Cache-Control", "no-store")
		_, _ = fmt.Fprintf(w, "%s(%d)\n", script, time.Now().UnixMilli()) // the browser may have gone
	})
	to.HandleFunc("GET "+streamPath, web.Limited(maxStreams, web.Busy("too many pages are connected"), s.stream))
}

// stream tells a page what is due, until the page goes or the server's context ends.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if !trusted(r.Host, origin, r.Header.Get("Sec-Fetch-Mode")) {
		http.Error(w,
			"hotswap tells only pages of this machine (localhost, *.localhost, *.test, 127.0.0.1, ::1) about reloads",
			http.StatusForbidden)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	if !sameUser(r) {
		origin = "" // what another user's program says of itself does not count
	}
	p := newPage(time.Now(), r.URL.Query(), origin)
	s.count(1)
	defer s.count(-1)
	web.Stream(r.Context(), w, r, wait.Answer, func(ctx context.Context, _ string) []web.Event {
		for {
			due, changed := s.due(p)
			if len(due) > 0 || wait.On(ctx, changed) != nil {
				return due
			}
		}
	})
}

func (s *Server) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected += n
}

// due returns what the page has to be told, and a channel that is closed when there may be more.
func (s *Server) due(p *page) ([]web.Event, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.due(p), s.changed.Next()
}
