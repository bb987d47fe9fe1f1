package control

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/ring"
)

const (
	logRoom    = 4 << 20  // bytes that a log keeps
	partRoom   = 96       // bytes that a part takes besides its text
	maxPart    = 16 << 10 // bytes of a part's text
	logBatch   = 16       // parts that are written at once
	maxReaders = 8        // of the log at once
)

// Log keeps the newest output of the programs. Its methods may be called from any goroutine and do not block.
type Log struct {
	parts *ring.Ring[part]

	mu    sync.Mutex // guards count, and the order of parts
	count uint64     // of all lines
}

// part is whole lines, or a piece of a long one, that came at once.
type part struct {
	gen          int
	at           time.Time
	text         string
	before, upTo uint64 // lines of all generations before and after this part
}

// NewLog returns a log.
func NewLog() *Log {
	return &Log{parts: ring.New(logRoom, func(p part) int { return len(p.text) + partRoom })}
}

// Add adds lines of a generation; 0: of a step or a program beside.
func (l *Log) Add(gen int, text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for now := time.Now(); len(text) > 0; {
		n := len(text)
		if n > maxPart {
			if n = bytes.LastIndexByte(text[:maxPart], '\n') + 1; n == 0 {
				n = maxPart
			}
		}
		p := part{gen: gen, at: now, text: string(text[:n]), before: l.count}
		l.count += uint64(bytes.Count(text[:n], []byte{'\n'}))
		p.upTo = l.count
		l.parts.Add(p)
		text = text[n:]
	}
}

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
	return url.Values{"gen": {strconv.Itoa(q.Gen)}, "since": {q.Since.String()}, "follow": {strconv.FormatBool(q.Follow)}, "after": {q.After}}
}

func readLogQuery(v url.Values) (q LogQuery, err error) {
	gen, err1 := strconv.Atoi(cmp.Or(v.Get("gen"), "0"))
	since, err2 := time.ParseDuration(cmp.Or(v.Get("since"), "0"))
	follow, err3 := strconv.ParseBool(cmp.Or(v.Get("follow"), "false"))
	return LogQuery{gen, since, follow, v.Get("after")}, errors.Join(err1, err2, err3)
}

// LogLines are lines of the programs' output, or a piece of a long line.
type LogLines struct {
	At     string    `json:"at,omitempty"`
	Gen    int       `json:"gen"` // 0: of a step or a program beside
	Time   time.Time `json:"time,omitzero"`
	Text   string    `json:"text,omitempty"`   // with line feeds
	Bytes  []byte    `json:"bytes,omitempty"`  // in place of Text if that is no UTF-8
	Missed uint64    `json:"missed,omitempty"` // lines of all generations that had to make room before the reader came for them
	Moved  bool      `json:"moved,omitempty"`  // no lines: another hotswap has taken over
}

// logs answers with parts of the log.
func logs(i Instance) http.HandlerFunc {
	readers := make(chan struct{}, maxReaders)
	return func(w http.ResponseWriter, r *http.Request) {
		q, err := readLogQuery(r.URL.Query())
		if err != nil {
			answer(w, http.StatusBadRequest, errorBody{Error: "give for example gen=2, since=5m, follow=true"})
			return
		}
		log, err := i.Log()
		if err != nil {
			answerResult(w, nil, err)
			return
		}
		select {
		case readers <- struct{}{}:
			defer func() { <-readers }()
		default:
			answer(w, http.StatusServiceUnavailable, errorBody{Error: fmt.Sprintf("%d clients read the log already", maxReaders)})
			return
		}
		w.Header().Set("Content-Type", "application/x-ndjson")
		log.stream(w, r, q)
		if _, err := i.Log(); q.Follow && errors.Is(err, ErrMoved) {
			send(w, encoded(LogLines{Moved: true}))
		}
	}
}

// stream writes what is kept, and returns when the log or the client ends.
func (l *Log) stream(w http.ResponseWriter, r *http.Request, q LogQuery) {
	var pid int
	var seen, lines, lost uint64
	last, since := l.parts.Last(), time.Now().Add(-q.Since)
	_, err := fmt.Sscanf(q.After, "%d.%d.%d", &pid, &seen, &lines)
	goesOn := err == nil && pid == os.Getpid() && seen <= last
	if !goesOn {
		seen = 0
	}
	for ok := send(w, nil); ok && (q.Follow || seen < last); {
		var parts []part
		var gone uint64
		if q.Follow {
			parts, gone = l.parts.Next(r.Context(), seen, logBatch)
		} else {
			parts, gone = l.parts.After(seen, logBatch)
		}
		if len(parts) == 0 {
			return
		}
		seen += gone
		var b []byte
		for _, p := range parts {
			if goesOn {
				lost += p.before - lines
			}
			seen, lines, goesOn = seen+1, p.upTo, true
			if q.Gen != 0 && p.gen != q.Gen || q.Since != 0 && p.at.Before(since) {
				continue
			}
			out := LogLines{At: fmt.Sprintf("%d.%d.%d", os.Getpid(), seen, lines), Gen: p.gen, Time: p.at, Text: p.text, Missed: lost}
			if lost = 0; !utf8.ValidString(p.text) {
				out.Text, out.Bytes = "", []byte(p.text)
			}
			b = append(b, encoded(out)...)
		}
		ok = send(w, b)
	}
}

// encoded returns a line of JSON that is safe to print.
func encoded(l LogLines) []byte {
	b, _ := json.Marshal(l) // never fails
	return []byte(plain.Lines(string(b)) + "\n")
}

// send writes and flushes. It reports false if the client does not take that in time.
func send(w http.ResponseWriter, b []byte) bool {
	response := http.NewResponseController(w)
	_ = response.SetWriteDeadline(time.Now().Add(clientTime))
	_, err := w.Write(b)
	return errors.Join(err, response.Flush()) == nil
}
