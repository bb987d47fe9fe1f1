package wire

import (
	"encoding/json"
	"errors"
)

// Handlers are what a family does with the messages of one link, by their types. The link is not read meanwhile. An error ends
// the link.
type Handlers map[string]func(Line) error

// Line is a message as it came.
type Line struct {
	link *Link
	text []byte
}

// On returns a handler that decodes a message. A message with a method Check has that called first.
func On[M any](handle func(M)) func(Line) error {
	return func(l Line) error {
		m, err := decode[M](l.text)
		if err == nil {
			handle(m)
		}
		return err
	}
}

var errNoSocket = errors.New("a message came without its socket")

// OnSocket returns a handler of a message with which a socket comes, and answers got. The handler owns the socket; nil: it
// did not arrive, because hotswap may open no more.
func OnSocket[M any](handle func(M, *Socket)) func(Line) error {
	return func(l Line) error {
		m, err := decode[M](l.text)
		if err != nil {
			return err
		}
		s, came := l.link.in.claim()
		if !came {
			return errNoSocket
		}
		l.link.Send(got{Type: "got", Lost: s == nil}, nil) // the adapter keeps its own until then
		handle(m, s)
		return nil
	}
}

type got struct {
	Type string `json:"type"`
	Lost bool   `json:"lost,omitempty"`
}

func decode[M any](text []byte) (m M, err error) {
	err = json.Unmarshal(text, &m)
	if c, ok := any(m).(interface{ Check() error }); ok && err == nil {
		err = c.Check()
	}
	return m, err
}
