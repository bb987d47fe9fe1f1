package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/ring"
	"github.com/hotswap-dev/hotswap/internal/web"
)

const (
	logRoom  = 4 << 20 // bytes that a log keeps
	partRoom = 96      // bytes that a part takes besides its text
	logBatch = 16      // parts that are written at once
)

// Log keeps the newest output of the programs. Its methods may be called from any goroutine.
type Log struct{ parts *ring.Ring[part] }

// part is whole lines, or a piece of a long one, that came at once.
type part struct {
	gen  int
	at   time.Time
	text string
}

// NewLog returns a log.
func NewLog() *Log {
	return &Log{ring.New(logRoom, func(p part) int { return len(p.text) + partRoom })}
}

// Add adds lines of a generation, as many as a relay has read at once; 0: of a step or a program beside. It does not
// block.
func (l *Log) Add(gen int, text []byte) { l.parts.Add(part{gen, time.Now(), string(text)}) }

// End ends the answers to all readers, who still get what is there.
func (l *Log) End() { l.parts.End() }

// LogQuery says which lines are wanted. The zero value is all that are kept.
type LogQuery struct {
	Gen    int           // only those of this generation
	Since  time.Duration // only those that are not older
	Follow bool          // also those that come
	After  string        // LogLines.At of what the reader had last
}

func (q LogQuery) values() url.Values {
	return url.Values{"gen": {strconv.Itoa(q.Gen)}, "since": {q.Since.String()},
		"follow": {strconv.FormatBool(q.Follow)}, "after": {q.After}}
}

func readLogQuery(v url.Values) (q LogQuery, err error) {
	gen, err1 := strconv.Atoi(cmp.Or(v.Get("gen"), "0"))
	since, err2 := time.ParseDuration(cmp.Or(v.Get("since"), "0"))
	follow, err3 := strconv.ParseBool(cmp.Or(v.Get("follow"), "false"))
	return LogQuery{gen, since, follow, v.Get("after")}, errors.Join(err1, err2, err3)
}

// LogLines are lines of the programs' output, or a piece of a long line.
type LogLines struct {
	At    string    `json:"at,omitempty"`
	Gen   int       `json:"gen"` // 0: of a step or a program beside
	Time  time.Time `json:"time,omitzero"`
	Text  string    `json:"text,omitempty"`  // with line feeds
	Bytes []byte    `json:"bytes,omitempty"` // in place of Text if that is no UTF-8
	// parts of all generations that had to make room before the reader came for them
	Missed uint64 `json:"missed,omitempty"`
}

// JSON returns the lines as JSON that is safe to print.
func (l LogLines) JSON() []byte {
	b, _ := json.Marshal(l) // never fails
	return []byte(plain.Lines(string(b)))
}

// Next waits for output after the position at, [LogLines.At] of what a reader had last, and returns at most limit
// parts. A position of another log stands before all that is kept. Next returns nothing when ctx or the log ends.
func (l *Log) Next(ctx context.Context, at string, limit int) (out []LogLines) {
	seen := l.parts.Number(at)
	parts, missed := l.parts.Next(ctx, seen, limit)
	seen += missed
	if seen == missed { // the reader had nothing, and misses nothing
		missed = 0
	}
	for _, p := range parts {
		seen++
		next := LogLines{At: l.parts.Position(seen), Gen: p.gen, Time: p.at, Text: p.text, Missed: missed}
		missed = 0
		if !utf8.ValidString(p.text) {
			next.Text, next.Bytes = "", []byte(p.text)
		}
		out = append(out, next)
	}
	return out
}

// Newest returns the position at, or one before the newest n parts if there are more behind at.
func (l *Log) Newest(at string, n uint64) string {
	last := l.parts.Last()
	return l.parts.Position(max(l.parts.Number(at), last-min(last, n)))
}

func (s *Server) logs(w http.ResponseWriter, r *http.Request) {
	q, err := readLogQuery(r.URL.Query())
	if err != nil {
		answer(w, http.StatusBadRequest, errorBody{Error: "give for example gen=2, since=5m, follow=true"})
		return
	}
	log, err := s.instance.Log()
	if err != nil {
		answerResult(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	log.stream(w, r, q)
	if _, err := s.instance.Log(); q.Follow && err != nil {
		panic(http.ErrAbortHandler) // the client asks again, whoever answers then
	}
}

// stream writes what is kept, and returns when the log or the client ends.
func (l *Log) stream(w http.ResponseWriter, r *http.Request, q LogQuery) {
	last, since, missed := l.parts.Last(), time.Now().Add(-q.Since), uint64(0)
	var b []byte
	for web.Send(w, b, clientTime) && (q.Follow || l.parts.Number(q.After) < last) {
		all := l.Next(r.Context(), q.After, logBatch)
		if len(all) == 0 {
			return
		}
		b = b[:0]
		for _, lines := range all {
			missed += lines.Missed
			q.After = lines.At
			if q.Gen != 0 && lines.Gen != q.Gen || q.Since != 0 && lines.Time.Before(since) {
				continue
			}
			lines.Missed, missed = missed, 0
			b = append(append(b, lines.JSON()...), '\n')
		}
	}
}
