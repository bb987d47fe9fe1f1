package hotswap

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
)

// ErrGone: HOTSWAP_SOCKET is set, but hotswap has ended, or did not start this process. Compare it by [errors.Is].
var ErrGone = errors.New("hotswap cannot be reached")

// errClosed: hotswap has ended a connection that it had accepted. Another one may be had.
var errClosed = fmt.Errorf("%w: hotswap has closed the connection", ErrGone)

// errFull: the generation has no room for one more connection or request now.
var errFull = fmt.Errorf("%w: it has no room", errClosed)

// request is a line to hotswap (docs/state.md).
type request struct {
	ID      uint64 `json:"id"`
	Op      string `json:"op"`
	Version int    `json:"version,omitempty"` // of the protocol
	Name    string `json:"name,omitempty"`
	Claim   uint64 `json:"claim,omitempty"`
}

// message is a line from hotswap: an answer or an event.
type message struct {
	Error    string `json:"error"`
	Code     string `json:"code"`
	Event    string `json:"event"`
	State    string `json:"state"`
	Released bool   `json:"released"`
}

// exchange is an open request, on a connection of its own.
type exchange struct {
	conn  net.Conn
	lines *bufio.Scanner
}

// begin opens a connection, and a request there.
func begin(path string, r request) (*exchange, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	e := &exchange{conn, bufio.NewScanner(conn)}
	e.send(request{Op: "hello", Version: 1})
	if _, err := e.next(); err != nil {
		_ = conn.Close()
		if err == errClosed {
			err = fmt.Errorf("%w: hotswap does not accept this process", ErrGone)
		}
		return nil, err
	}
	e.send(r)
	return e, nil
}

// send writes a line, in one piece. If hotswap has closed the connection, next finds its last words and then the end.
func (e *exchange) send(r request) {
	r.ID = 1
	line, _ := json.Marshal(r) // cannot fail
	_, _ = e.conn.Write(append(line, '\n'))
}

// next waits for a line. An answer that is an error is the error.
func (e *exchange) next() (m message, err error) {
	switch {
	case !e.lines.Scan() && errors.Is(e.lines.Err(), bufio.ErrTooLong):
		return m, fmt.Errorf("%w: %w", ErrGone, bufio.ErrTooLong)
	case len(e.lines.Bytes()) == 0: // the end, or a reset
		return m, errClosed
	}
	if err := json.Unmarshal(e.lines.Bytes(), &m); err != nil {
		return m, fmt.Errorf("%w: a line of hotswap: %w", ErrGone, err)
	}
	switch {
	case m.Code == "full":
		return m, errFull
	case m.Error != "":
		return m, errors.New(m.Error)
	}
	return m, nil
}
