package hotswap

import (
	"encoding/json"
	"errors"
	"fmt"
)

// request is a line to hotswap (docs/state.md). Of a line that is too long hotswap reads the id, which is first.
type request struct {
	ID uint64 `json:"id"`
	Op string `json:"op"`

	Version   int     `json:"version,omitempty"` // of the protocol
	Key       string  `json:"key,omitempty"`
	TTLMS     int64   `json:"ttlMs,omitempty"`     // 0: the value has no end
	IfVersion *uint64 `json:"ifVersion,omitempty"` // nil: whatever the key has
	By        *int64  `json:"by,omitempty"`
	Prefix    *string `json:"prefix,omitempty"`
	After     string  `json:"after,omitempty"`
	Handles   bool    `json:"handles,omitempty"`
	Drains    bool    `json:"drains,omitempty"`
	Seq       uint64  `json:"seq,omitempty"`
	Name      string  `json:"name,omitempty"`
	Claim     uint64  `json:"claim,omitempty"`
	Ended     uint64  `json:"ended,omitempty"`
	value
}

// message is a line from hotswap: an answer or an event.
type message struct {
	ID    uint64 `json:"id"`
	Error string `json:"error"`
	Code  string `json:"code"`

	Version uint64 `json:"version"`
	Missing bool   `json:"missing"`
	Deleted bool   `json:"deleted"`
	Items   []Info `json:"items"`
	More    bool   `json:"more"`
	Run     bool   `json:"run"`
	value

	Event   string `json:"event"`
	Key     string `json:"key"`
	Seq     uint64 `json:"seq"`
	State   string `json:"state"`
	Serving bool   `json:"serving"`

	lost error // not from hotswap: the connection has ended; the last message of each request
}

// final reports whether nothing comes after the message.
func (m *message) final() bool { return m.Event == "" && !m.Run }

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

// value is a value as it travels: JSON, or bytes if they are not nil.
type value struct {
	JSON  json.RawMessage `json:"value,omitempty"`
	Bytes []byte          `json:"bytes,omitzero"`
}
