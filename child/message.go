package child

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// message is a line from hotswap: an answer or an event (docs/state.md).
type message struct {
	ID    uint64 `json:"id"`
	Error string `json:"error"`
	Code  string `json:"code"`

	Value   json.RawMessage `json:"value"`
	Bytes   []byte          `json:"bytes"`
	Version uint64          `json:"version"`
	Missing bool            `json:"missing"`
	Deleted bool            `json:"deleted"`
	Items   []Info          `json:"items"`
	More    bool            `json:"more"`
	Run     bool            `json:"run"`
	Freed   bool            `json:"released"`

	Event      string   `json:"event"`
	Key        string   `json:"key"`
	Seq        uint64   `json:"seq"`
	State      string   `json:"state"`
	Serving    bool     `json:"serving"`
	DeadlineMS *float64 `json:"deadlineMs"`

	lost error // not from hotswap: the connection has ended; the last message of each request
}

// item returns the value of the key that the request named.
func (m *message) item(key string) store.Item {
	return store.Item{Key: key, Version: m.Version, Value: store.Value{JSON: m.Value, Bytes: m.Bytes}}
}

// errCanceled: the request was ended by cancel.
var errCanceled = errors.New("canceled")

// err returns the error of an answer.
func (m *message) err() error {
	if m.lost != nil || m.Error == "" && m.Code == "" {
		return m.lost
	}
	for code, known := range map[string]error{
		"too-large": ErrTooLarge, "full": ErrFull, "type": ErrType,
		"unavailable": ErrUnavailable, "canceled": errCanceled, "lagging": ErrLagging,
	} {
		if m.Code == code {
			return fmt.Errorf("%w: %s", known, m.Error)
		}
	}
	if m.Code == "version" {
		return &VersionError{Version: m.Version}
	}
	return errors.New(m.Error)
}

// request is a line to hotswap that is being written. Its id is put in front when it is sent.
type request []byte

func op(name string) request { return append([]byte(`"op":"`), name+`"`...) }

// text adds a string. What is not UTF-8 would reach hotswap as another text, so callers check that before.
func (r request) text(name, value string) request {
	quoted, _ := json.Marshal(value) // cannot fail
	return append(append(append(append(r, `,"`...), name...), `":`...), quoted...)
}

func (r request) number(name string, n int64) request {
	return strconv.AppendInt(append(append(append(r, `,"`...), name...), `":`...), n, 10)
}

func (r request) yes(name string) request {
	return append(append(append(r, `,"`...), name...), `":true`...)
}

func (r request) value(v store.Value) request {
	if v.Bytes == nil {
		return append(append(r, `,"value":`...), v.JSON...)
	}
	return append(base64.StdEncoding.AppendEncode(append(r, `,"bytes":"`...), v.Bytes), '"')
}

func (r request) options(o options) request {
	if o.ttl > 0 {
		r = r.number("ttlMs", o.ttl.Milliseconds())
	}
	if o.ifVersion != nil {
		r = strconv.AppendUint(append(r, `,"ifVersion":`...), *o.ifVersion, 10)
	}
	return r
}
