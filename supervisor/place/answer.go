package place

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// answer is a line to a client: what a request has done, or an event.
type answer struct {
	ID       int64           `json:"id,omitzero"`
	Error    string          `json:"error,omitzero"`
	Code     string          `json:"code,omitzero"`
	Event    string          `json:"event,omitzero"`
	Seq      int             `json:"seq,omitzero"`
	State    string          `json:"state,omitzero"`
	Serving  *bool           `json:"serving,omitzero"`
	Value    json.RawMessage `json:"value,omitzero"`
	Bytes    []byte          `json:"bytes,omitzero"`
	Missing  bool            `json:"missing,omitzero"`
	Deleted  *bool           `json:"deleted,omitzero"`
	Items    []store.Info    `json:"items,omitzero"`
	More     bool            `json:"more,omitzero"`
	Run      bool            `json:"run,omitzero"`
	Released bool            `json:"released,omitzero"`
	Version  *uint64         `json:"version,omitzero"`
}

func itemOf(id int64, i store.Item) answer {
	return answer{ID: id, Value: i.Value.JSON, Bytes: i.Value.Bytes, Version: &i.Version}
}

func failure(id int64, err error) answer {
	a := answer{ID: id, Error: err.Error(), Code: codeUnavailable}
	for known, code := range codes {
		if errors.Is(err, known) {
			a.Code = code
		}
	}
	if known, ok := errors.AsType[*protocolError](err); ok {
		a.Code = known.code
	}
	return a
}

func put(out *bytes.Buffer, a answer) {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	_ = e.Encode(a) // cannot fail: values are JSON
}
