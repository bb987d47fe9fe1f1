package live

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/internal/web"
)

const (
	maxStreams, maxCommands = 32, 8

	// shortest is the least pause between two states, and longest the pause between two looks at the connections.
	shortest, longest = 100 * time.Millisecond, 2 * time.Second

	// A new page gets mostLines; portion is how many are read at a time.
	mostLines, portion = 500, 32
)

// stream sends the state when it has changed, and the lines of the output.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	lines := make(chan web.Event)
	go p.follow(ctx, r.Header.Get("Last-Event-ID"), lines)
	var sent []byte
	var due <-chan time.Time = time.After(0)
	var changed <-chan struct{} // nil: due comes first
	web.Stream(ctx, w, r, wait.Answer, func(ctx context.Context, _ string) []web.Event {
		for {
			select {
			case <-ctx.Done():
				return nil
			case e := <-lines:
				return []web.Event{e}
			case <-changed:
				due, changed = time.After(shortest), nil
			case <-due:
				st := p.Status()
				due, changed = time.After(longest), st.Changed
				v := viewOf(st)
				if state := v.json(0); !bytes.Equal(state, sent) {
					sent = state
					return []web.Event{{Kind: "state", Data: secret.JSON(v.json(time.Now().UnixMilli()))}}
				}
			}
		}
	})
}

// follow passes lines on, until ctx ends. The id of an event is the position of its last line.
func (p *Page) follow(ctx context.Context, at string, to chan<- web.Event) {
	at = p.Log.Newest(at, mostLines)
	for {
		lines := p.Log.Next(ctx, at, portion)
		if len(lines) == 0 {
			return
		}
		var text [][]byte
		for _, l := range lines {
			at, text = l.At, append(text, l.JSON())
		}
		select {
		case to <- web.Event{Kind: "lines", ID: at, Data: bytes.Join(text, []byte("\n"))}:
		case <-ctx.Done():
			return
		}
	}
}
