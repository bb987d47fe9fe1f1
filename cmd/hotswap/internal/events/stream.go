package events

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/ring"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

const (
	room     = 1 << 20  // bytes of the lines that are kept
	overhead = 128      // bytes that a line takes besides its text
	maxLine  = 64 << 10 // a longer line is kept without its lists
	portion  = 16       // lines that a reader gets at once
)

// Stream has the newest events. Its methods may be called from any goroutine.
type Stream struct {
	run  string // this process: the ids of its events begin so
	ring *ring.Ring[control.Event]

	mu    sync.Mutex // guards count; events are added under the lock, in order
	count int
}

// New returns a stream without events.
func New() *Stream {
	return &Stream{run: rand.Text()[:8], ring: ring.New(room, func(e control.Event) int { return len(e.Line) + overhead })}
}

// Write adds one line, which is a JSON object with a line feed. Write keeps no reference to the line, and does not
// wait for readers.
func (s *Stream) Write(line []byte) (int, error) {
	text := Masked(bounded(bytes.TrimSuffix(line, []byte("\n"))))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.ring.Add(control.Event{ID: fmt.Sprintf("%s-%d", s.run, s.count), Line: text})
	return len(line), nil
}

// End ends the waiting of all readers. They still get what is there.
func (s *Stream) End() { s.ring.End() }

// Next waits for events after the one with that id, and returns the oldest of them. An id of another process, or
// none, stands for the place before the oldest event that is kept. Where events are missing, the first of those
// returned says how many, and has no id. Next returns nothing when ctx or the stream ends.
func (s *Stream) Next(ctx context.Context, after string) []control.Event {
	var seen uint64
	if number, ok := strings.CutPrefix(after, s.run+"-"); ok {
		seen, _ = strconv.ParseUint(number, 10, 64) // 0 with an error
	}
	all, missed := s.ring.Next(ctx, seen, portion)
	if missed > 0 {
		line, _ := json.Marshal(map[string]any{
			"level": "warn", "time": time.Now().Format(time.RFC3339Nano), "event": "missed", "lines": missed,
			"message": human.Count(int(missed), "event") + " missing here, because they had to make room for newer ones",
		})
		all = append([]control.Event{{Line: line}}, all...)
	}
	return all
}

// bounded leaves the lists out of a line that is too long. Each text in it has a bound already.
func bounded(line []byte) []byte {
	var fields map[string]json.RawMessage
	if len(line) <= maxLine || json.Unmarshal(line, &fields) != nil {
		return line
	}
	maps.DeleteFunc(fields, func(_ string, v json.RawMessage) bool { return v[0] == '[' || v[0] == '{' })
	fields["cut"] = json.RawMessage("true")
	line, _ = json.Marshal(fields)
	return line
}
