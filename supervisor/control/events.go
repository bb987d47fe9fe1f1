package control

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/hotswap-dev/hotswap/internal/web"
)

// maxStreams bounds the clients that read events, so that commands find a connection.
const maxStreams = 8

// heartbeat is how often a stream without events gets a comment. Tests shorten it.
var heartbeat = 15 * time.Second

// streamEvents answers with events until the client leaves or does not read in time, or the streams end. See "Server-sent
// events" in the HTML standard.
func (s *Server) streamEvents(i Instance) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(s.streams, cancel)()
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		after, text := r.Header.Get("Last-Event-ID"), []byte(":\n\n")
		for ctx.Err() == nil {
			if !web.Send(w, text, clientTime) {
				return
			}
			wait, stop := context.WithTimeout(ctx, heartbeat)
			events := i.Events(wait, after)
			over := len(events) == 0 && wait.Err() == nil
			stop()
			if over {
				return
			}
			if text = text[:0]; len(events) == 0 {
				text = append(text, ":\n\n"...)
			}
			for _, e := range events {
				if e.ID != "" {
					after = e.ID
					text = fmt.Appendf(text, "id: %s\n", e.ID)
				}
				text = fmt.Appendf(text, "data: %s\n\n", e.Line)
			}
		}
	}
}

// EndStreams ends the streams of events, and those that begin later.
func (s *Server) EndStreams() { s.endStreams() }
