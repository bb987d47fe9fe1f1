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

// Answer is a complete answer with its request.
type Answer struct {
	Method string
	Path   string // with its query
	Sent   []byte // the request's body

	Status int
	Header http.Header
	Body   []byte

	Began time.Time // the dial, or the write on a kept connection
}

// Checks judges answers. Both functions are called by many goroutines at once.
type Checks struct {
	// Version returns which version of the program gave an answer, as an integer
	// (other texts count as older). Not ok makes the answer Wrong. Nil: no answer is
	// Stale.
	Version func(body []byte, h http.Header) (version string, ok bool)

	// Right returns why an answer is Wrong, or nil. Default: RightStatus.
	Right func(Answer) error
}

// check judges a complete answer. It returns the version even of a wrong one.
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

// exampleMessage reads the WebSocket messages of the examples: {"echo":"<text>",…} and
// {"event":N,…}, both with "version":N. It searches for words instead of parsing,
// because the clients receive up to ten thousand messages a second.
func exampleMessage(data []byte) (h message) {
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
