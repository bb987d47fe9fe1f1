// Package events keeps the newest of hotswap's own lines, as --log json writes them, for readers that come and go:
// a file, a descriptor, clients of the control socket. A reader costs no memory of its own, and delays nobody.
package events

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/ring"
	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/internal/web"
)

const (
	room     = 1 << 20  // bytes of the lines that are kept
	overhead = 128      // bytes that a line takes besides its text
	maxLine  = 64 << 10 // a longer line is kept without its lists
	portion  = 16       // lines that a reader gets at once
)

// Stream has the newest events. Its methods may be called from any goroutine.
type Stream struct{ *ring.Ring[[]byte] }

func New() *Stream {
	return &Stream{ring.New(room, func(line []byte) int { return len(line) + overhead })}
}

// Write adds one line, which is a JSON object with a line feed. Write keeps no reference to the line, and does not
// wait for readers.
func (s *Stream) Write(line []byte) (int, error) {
	s.Add(secret.JSON(bounded(bytes.TrimSuffix(line, []byte("\n")))))
	return len(line), nil
}

// Next waits for events after the one with that id, and returns the oldest of them. An id of another process, or
// none, stands for the place before the oldest event that is kept. Where events are missing, the first of those
// returned says how many, and has no id. Next returns nothing when ctx or the stream ends.
func (s *Stream) Next(ctx context.Context, after string) []web.Event {
	seen := s.Number(after)
	lines, missed := s.Ring.Next(ctx, seen, portion)
	var all []web.Event
	if missed > 0 {
		line, _ := json.Marshal(map[string]any{
			"level": "warn", "time": time.Now().Format(time.RFC3339Nano), "event": "missed", "lines": missed,
			"message": human.Count(int(missed), "event") +
				" missing here, because they had to make room for newer ones",
		})
		all = append(all, web.Event{Data: line})
	}
	for i, line := range lines {
		all = append(all, web.Event{ID: s.Position(seen + missed + uint64(i) + 1), Data: line})
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
