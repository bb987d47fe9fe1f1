package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"
)

// Event is a server-sent event. See "Server-sent events" in the HTML standard.
type Event struct {
	Kind string // "": a message
	ID   string // where a client goes on that comes again; "": where it was
	Data []byte // lines
}

// beat is how often a stream without events gets a comment. Tests shorten it.
var beat = 15 * time.Second

// Stream answers with the events after the one that the client had last, until ctx ends, the client takes nothing for
// that time, or next returns none before its context has ended.
func Stream(ctx context.Context, w http.ResponseWriter, r *http.Request, within time.Duration,
	next func(ctx context.Context, after string) []Event) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	after, text := r.Header.Get("Last-Event-ID"), []byte(":\n\n")
	for ctx.Err() == nil && Send(w, text, within) {
		wait, stop := context.WithTimeout(ctx, beat)
		events := next(wait, after)
		over := len(events) == 0 && wait.Err() == nil
		stop()
		if over {
			return
		}
		text = text[:0]
		if len(events) == 0 {
			text = append(text, ":\n\n"...)
		}
		for _, e := range events {
			if e.Kind != "" {
				text = fmt.Appendf(text, "event: %s\n", e.Kind)
			}
			if e.ID != "" {
				after = e.ID
				text = fmt.Appendf(text, "id: %s\n", e.ID)
			}
			text = fmt.Appendf(text, "data: %s\n\n", bytes.ReplaceAll(e.Data, []byte("\n"), []byte("\ndata: ")))
		}
	}
}
