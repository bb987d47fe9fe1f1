package control

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/ring"
)

const (
	logRoom    = 4 << 20 // bytes that a log keeps
	lineRoom   = 64      // bytes that a line takes besides its text
	logBatch   = 32      // lines that are written at once
	maxReaders = 8       // of the log at once
)

// Log keeps the newest output of the programs, line by line. Its methods may be called from any goroutine and do not
// block.
type Log struct{ lines *ring.Ring[logged] }

type logged struct {
	gen  int
	at   time.Time
	text string
}

// NewLog returns a log.
func NewLog() *Log {
	return &Log{ring.New(logRoom, func(l logged) int { return len(l.text) + lineRoom })}
}

// Add adds a line, or a piece of a long line, of a generation; 0: of a step or a program beside.
func (l *Log) Add(gen int, text []byte) { l.lines.Add(logged{gen, time.Now(), string(text)}) }

// End ends the answers to all readers, who still get what is there.
func (l *Log) End() { l.lines.End() }

// LogQuery says which lines are wanted. The zero value is all that are kept.
type LogQuery struct {
	Gen    int           // only those of this generation
	Since  time.Duration // only those that are not older
	Follow bool          // also those that come
	After  string        // LogLine.At of the last line that the reader has
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

// LogLine is a line of the programs' output.
type LogLine struct {
	At     string    `json:"at,omitempty"`
	Gen    int       `json:"gen"` // 0: of a step or a program beside
	Time   time.Time `json:"time,omitzero"`
	Text   string    `json:"text,omitempty"`   // with its line feed; without: a piece of a long line, or a last line
	Bytes  []byte    `json:"bytes,omitempty"`  // in place of Text if that is no UTF-8
	Missed uint64    `json:"missed,omitempty"` // lines of all generations that had to make room after the reader's last one
	Moved  bool      `json:"moved,omitempty"`  // no line: another hotswap has taken over
}

// logs answers with lines of the log.
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
			send(w, encoded(LogLine{Moved: true}))
		}
	}
}

// stream writes the lines, and returns when the log or the client ends.
func (l *Log) stream(w http.ResponseWriter, r *http.Request, q LogQuery) {
	var pid int
	var seen, lost uint64
	last, since := l.lines.Last(), time.Now().Add(-q.Since)
	if _, err := fmt.Sscanf(q.After, "%d.%d", &pid, &seen); err != nil || pid != os.Getpid() || seen > last {
		_, seen = l.lines.After(0, 0) // the oldest that is kept is the first
	}
	for ok := send(w, nil); ok && (q.Follow || seen < last); {
		var lines []logged
		var missed uint64
		if q.Follow {
			lines, missed = l.lines.Next(r.Context(), seen, logBatch)
		} else {
			lines, missed = l.lines.After(seen, logBatch)
		}
		if len(lines) == 0 {
			return
		}
		seen, lost = seen+missed, lost+missed
		var b []byte
		for _, line := range lines {
			seen++
			if q.Gen != 0 && line.gen != q.Gen || q.Since != 0 && line.at.Before(since) {
				continue
			}
			out := LogLine{At: fmt.Sprintf("%d.%d", os.Getpid(), seen), Gen: line.gen, Time: line.at, Text: line.text, Missed: lost}
			if lost = 0; !utf8.ValidString(line.text) {
				out.Text, out.Bytes = "", []byte(line.text)
			}
			b = append(b, encoded(out)...)
		}
		ok = send(w, b)
	}
}

// encoded returns a line of JSON that is safe to print.
func encoded(l LogLine) []byte {
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
