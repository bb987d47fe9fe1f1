package hotswap

import (
	"errors"
	"fmt"
)

// request is a line to hotswap (docs/state.md). Of a line that is too long hotswap reads the id, which is first.
type request struct {
	ID uint64 `json:"id"`
	Op string `json:"op"`

	Version int    `json:"version,omitempty"` // of the protocol
	Handles bool   `json:"handles,omitempty"`
	Seq     uint64 `json:"seq,omitempty"`
	Name    string `json:"name,omitempty"`
	Claim   uint64 `json:"claim,omitempty"`
	Ended   uint64 `json:"ended,omitempty"`
}

// message is a line from hotswap: an answer or an event.
type message struct {
	ID    uint64 `json:"id"`
	Error string `json:"error"`
	Code  string `json:"code"`

	Event   string `json:"event"`
	Seq     uint64 `json:"seq"`
	State   string `json:"state"`
	Serving bool   `json:"serving"`

	lost error // not from hotswap: the connection has ended; the last message of each request
}

// final reports whether nothing comes after the message.
func (m *message) final() bool { return m.Event == "" }

// err returns the error of an answer.
func (m *message) err() error {
	switch {
	case m.lost != nil:
		return m.lost
	case m.Error == "" && m.Code == "":
		return nil
	case codes[m.Code] != nil:
		return fmt.Errorf("%w: %s", codes[m.Code], m.Error)
	}
	return errors.New(m.Error)
}
