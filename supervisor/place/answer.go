package place

import (
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

func itemOf(i store.Item) answer {
	return answer{Value: i.Value.JSON, Bytes: i.Value.Bytes, Version: &i.Version}
}

func failure(err error) answer {
	a := answer{Error: err.Error(), Code: codeUnavailable}
	if known, ok := errors.AsType[*store.Error](err); ok {
		a.Code = known.Code
	}
	return a
}

// put adds an answer to the lines that are not written; 0: to no request.
func (c *conn) put(id int64, a answer) {
	a.ID = id
	e := json.NewEncoder(&c.out)
	e.SetEscapeHTML(false)
	_ = e.Encode(a) // cannot fail: values are JSON
}
