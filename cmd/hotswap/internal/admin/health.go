package admin

import (
	"fmt"
	"io"
	"net/http"

	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// ready reports whether new connections reach a generation that serves, and says so in a line.
func ready(st report.Status) (bool, string) {
	switch st.State {
	case report.PhaseServing:
		return true, fmt.Sprintf("generation %d serves", st.Generation)
	case report.PhaseAsleep:
		return true, "asleep: the next client starts the program"
	case report.PhaseRunning:
		return false, "the program runs, and has not listened"
	}
	switch f := st.Failure; {
	case f == nil:
		return false, st.State
	case f.Generation == 0:
		return false, st.State + ": a command before the start failed (see hotswap status)"
	default: // what failed may hold arguments of commands, which may be secret
		return false, fmt.Sprintf("%s: generation %d failed (see hotswap status)", st.State, f.Generation)
	}
}

// Add adds what monitoring asks. status, for probes, counts nothing. moved reports whether a child serves.
func (m *Metrics) Add(to *http.ServeMux, status func() report.Status, moved func() bool) {
	answer := func(w http.ResponseWriter, ok bool, text string) {
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		if !ok {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, text+"\n") // the client may have gone
	}
	to.HandleFunc("GET /metrics", web.Limited(maxScrapes, web.Busy("too many scrapes at one time"), m.ServeHTTP))
	to.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, true, "hotswap lives") })
	to.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		ok, text := ready(status())
		if !ok && moved() { // the client has connected before
			ok, text = true, "another hotswap has taken over"
		}
		answer(w, ok, text)
	})
}
