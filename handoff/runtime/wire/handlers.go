package wire

import (
	"encoding/json"
	"errors"
)

// Handlers are what a family does with the messages of one link, by their types.
type Handlers map[string]Handler

// Handler gets a line. The link is not read meanwhile. An error ends the link.
type Handler func(l *Link, line []byte) error

// On returns a handler that decodes a message. A message with a method Check has that called first.
func On[M any](handle func(M)) Handler {
	return func(_ *Link, line []byte) error {
		m, err := decode[M](line)
		if err == nil {
			handle(m)
		}
		return err
	}
}

// OnSocket returns a handler of a message with which a socket comes, and answers got. handle owns the socket. lost is
// called instead if it did not arrive, because hotswap may open no more.
func OnSocket[M any](lost func(), handle func(M, *Socket)) Handler {
	return func(l *Link, line []byte) error {
		m, err := decode[M](line)
		if err != nil {
			return err
		}
		s, came := l.in.claim()
		if !came {
			return errors.New("a message came without its socket")
		}
		l.Send(got{Type: "got", Lost: s == nil}, nil) // the adapter keeps its own until then
		if s == nil {
			lost()
		} else {
			handle(m, s)
		}
		return nil
	}
}

type got struct {
	Type string `json:"type"`
	Lost bool   `json:"lost,omitempty"`
}

func decode[M any](line []byte) (m M, err error) {
	err = json.Unmarshal(line, &m)
	if c, ok := any(m).(interface{ Check() error }); ok && err == nil {
		err = c.Check()
	}
	return m, err
}
