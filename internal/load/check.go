package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Answer is a complete answer and the request that it answers.
type Answer struct {
	Method string
	Path   string // with its query
	Sent   []byte // the request's body

	Status int
	Header http.Header // nil for a message on a WebSocket
	Body   []byte

	Began time.Time // its dial, or its write on a kept connection; zero for a message on a WebSocket
}

// Checks says what a right answer is and who gave it. Both functions are
// called by many goroutines at once.
type Checks struct {
	// Version reads from an answer which version of the program gave it; not
	// ok makes the answer Wrong. Nil: nobody's answer is Stale.
	Version func(body []byte, h http.Header) (version string, ok bool)

	// Right returns why an answer is Wrong, or nil. Default: RightStatus.
	Right func(Answer) error
}

// check judges a complete answer. The version is told even of a wrong one.
func (c Checks) check(a Answer) (version string, err error) {
	if c.Version != nil {
		v, ok := c.Version(a.Body, a.Header)
		if ok {
			version = v
		} else {
			err = errors.New("no version in the answer")
		}
	}
	right := c.Right
	if right == nil {
		right = RightStatus
	}
	if wrong := right(a); wrong != nil {
		err = wrong
	}
	if err != nil {
		err = fmt.Errorf("%w (status %d: %.200q)", err, a.Status, a.Body)
	}
	return version, err
}

// VersionHeader reads the version from a header.
func VersionHeader(name string) func([]byte, http.Header) (string, bool) {
	return func(_ []byte, h http.Header) (string, bool) {
		v := h.Get(name)
		return v, v != ""
	}
}

// VersionJSON reads the version from a field of a JSON object, a number or a
// string.
func VersionJSON(field string) func([]byte, http.Header) (string, bool) {
	return func(body []byte, _ http.Header) (string, bool) {
		var object map[string]json.RawMessage
		if json.Unmarshal(body, &object) != nil {
			return "", false
		}
		var text string
		if json.Unmarshal(object[field], &text) == nil {
			return text, text != ""
		}
		var number json.Number
		if json.Unmarshal(object[field], &number) == nil {
			return number.String(), number != ""
		}
		return "", false
	}
}

// RightStatus wants status 200.
func RightStatus(a Answer) error {
	if a.Status != http.StatusOK {
		return fmt.Errorf("status %d", a.Status)
	}
	return nil
}

// example is what the programs in examples/ answer to GET /ping, GET /slow and
// POST /echo.
type example struct {
	Pong    bool    `json:"pong"`
	Echo    *string `json:"echo"`
	Version int     `json:"version"`
	Pid     int     `json:"pid"`
}

// ExampleChecks fits every program in examples/: GET answers
// {"pong":true,"version":N,"pid":P} and POST {"echo":"<body>","version":N,"pid":P}.
func ExampleChecks() Checks {
	return Checks{
		Version: func(body []byte, _ http.Header) (string, bool) {
			var e example
			err := json.Unmarshal(body, &e)
			return strconv.Itoa(e.Version), err == nil && e.Version > 0
		},
		Right: func(a Answer) error {
			if err := RightStatus(a); err != nil {
				return err
			}
			var e example
			if err := json.Unmarshal(a.Body, &e); err != nil {
				return fmt.Errorf("decode the answer: %w", err)
			}
			switch {
			case e.Pid <= 0:
				return errors.New("no pid in the answer")
			case a.Method == http.MethodPost && (e.Echo == nil || *e.Echo != string(a.Sent)):
				return errors.New("the echo is not what was sent")
			case a.Method == http.MethodGet && !e.Pong:
				return errors.New("no pong in the answer")
			}
			return nil
		},
	}
}

// ExampleMessage reads what examples/hono-cdc and the other examples say on a
// WebSocket: {"echo":"<text>",…} and {"event":N,…}, both with "version":N. It looks
// for the words instead of parsing: a crowd hears ten thousand messages a second.
func ExampleMessage(data []byte) (h Heard) {
	if _, rest, ok := bytes.Cut(data, []byte(`"version":`)); ok {
		h.Version = string(digits(rest))
	}
	if _, rest, ok := bytes.Cut(data, []byte(`"echo":"`)); ok {
		h.Echo, _, _ = bytes.Cut(rest, []byte{'"'})
	} else if _, rest, ok := bytes.Cut(data, []byte(`"event":`)); ok {
		h.Push, _ = strconv.ParseUint(string(digits(rest)), 10, 64)
	}
	return h
}

func digits(b []byte) []byte {
	return b[:len(b)-len(bytes.TrimLeft(b, "0123456789"))]
}
