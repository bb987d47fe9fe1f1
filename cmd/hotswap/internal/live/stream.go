package live

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxStreams, maxCommands = 32, 8

	// shortest is the time between two states at least, and longest that between two looks at the connections.
	shortest, longest = 100 * time.Millisecond, 2 * time.Second

	// A new page gets mostLines; portion is how many are read at a time.
	mostLines, portion = 500, 32
)

// writeTime is how long a client may take nothing. Tests shorten it.
var writeTime = 10 * time.Second

// Log is the program's output. A reader gives the number of the last line that it has.
type Log interface {
	// Next waits for lines after the one with the number seen, and returns them as JSON with the number of the last;
	// none: ctx has ended.
	Next(ctx context.Context, seen uint64, limit int) (lines [][]byte, last uint64)
	// Last returns the number of the newest line.
	Last() uint64
}

// enter takes a place of those that are there for the requests of a kind, or answers that there is none.
func enter(places chan struct{}, w http.ResponseWriter) bool {
	select {
	case places <- struct{}{}:
		return true
	default:
		http.Error(w, "too many ask at the same time", http.StatusServiceUnavailable)
		return false
	}
}

// stream sends the state when it has changed, and the lines of the output.
func (p *Page) stream(w http.ResponseWriter, r *http.Request) {
	if !enter(p.streams, w) {
		return
	}
	defer func() { <-p.streams }()
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // else the request would count as ended
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	lines := make(chan []byte)
	go p.follow(ctx, r.Header.Get("Last-Event-ID"), lines)
	var sent []byte
	var due <-chan time.Time = time.After(0)
	var changed <-chan struct{} // nil: due comes first
	for {
		var event []byte
		select {
		case <-ctx.Done():
			return
		case event = <-lines:
		case <-changed:
			due, changed = time.After(shortest), nil
			continue
		case <-due:
			next := p.Changed()
			v := p.view(p.Status())
			if state := v.json(0); !bytes.Equal(state, sent) {
				event, sent = fmt.Appendf(nil, "event: state\ndata: %s\n\n", p.Mask(v.json(time.Now().UnixMilli()))), state
			}
			due, changed = time.After(longest), next
		}
		if event == nil {
			continue
		}
		_ = out.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := w.Write(event); err != nil || out.Flush() != nil {
			return
		}
	}
}

// follow passes lines on, until ctx ends. The id of a line has the process too: that after an upgrade counts anew.
func (p *Page) follow(ctx context.Context, id string, to chan<- []byte) {
	run := strconv.Itoa(p.Status().PID) + "-"
	last := p.Log.Last()
	seen := last - min(last, mostLines)
	if number, same := strings.CutPrefix(id, run); same {
		if n, err := strconv.ParseUint(number, 10, 64); err == nil && n <= last {
			seen = max(seen, n)
		}
	}
	for {
		lines, last := p.Log.Next(ctx, seen, portion)
		if len(lines) == 0 {
			return
		}
		seen = last
		var b bytes.Buffer
		fmt.Fprintf(&b, "event: lines\nid: %s%d\n", run, last)
		for _, line := range lines {
			fmt.Fprintf(&b, "data: %s\n", line)
		}
		b.WriteByte('\n')
		select {
		case to <- b.Bytes():
		case <-ctx.Done():
			return
		}
	}
}
