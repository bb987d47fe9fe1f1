package place

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// request is a line of a client.
type request struct {
	ID int64  `json:"id"`
	Op string `json:"op"`

	Version   int             `json:"version"` // hello
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"` // nil: missing; null is a value
	Bytes     []byte          `json:"bytes"` // nil: missing
	TTL       uint64          `json:"ttlMs"`
	IfVersion *uint64         `json:"ifVersion"`
	By        *int64          `json:"by"`
	Prefix    string          `json:"prefix"`
	After     string          `json:"after"`
	Error     string          `json:"error"` // failed
	Handles   bool            `json:"handles"`
	Seq       int             `json:"seq"`
	Name      string          `json:"name"`
	Claim     uint64          `json:"claim"` // lease: what its process calls it; 0: nothing
}

// maxName bounds the name of a lease, in bytes.
const maxName = 512

// decode reads a line. A request that is wrong has its id if that could be read; else 0.
func decode(line []byte) (r request, err error) {
	switch {
	case len(line) > maxLine:
		return request{}, errorf(codeLarge, "the line is longer than %d bytes", maxLine)
	case !utf8.Valid(line):
		return request{}, errorf(codeBad, "the line is not UTF-8")
	}
	if err := json.Unmarshal(line, &r); err != nil { // it has read the other fields all the same, if the line is JSON
		return request{ID: max(r.ID, 0)}, errorf(codeBad, "the line is not a request: %v", err)
	}
	if r.ID <= 0 {
		return request{}, errorf(codeBad, "a request needs an id, which is a positive integer")
	}
	return r, nil
}

func (r *request) value() (store.Value, error) {
	switch {
	case r.Value != nil && r.Bytes != nil:
		return store.Value{}, errorf(codeBad, "%s has a value or bytes, not both", r.Op)
	case r.Value == nil && r.Bytes == nil:
		return store.Value{}, errorf(codeBad, "%s needs a value or bytes", r.Op)
	}
	return store.Value{JSON: r.Value, Bytes: r.Bytes}, nil
}

// maxTTL fits a time.Duration.
const maxTTL = uint64(200 * 365 * 24 * time.Hour / time.Millisecond)

func (r *request) ttl() time.Duration { return time.Duration(min(r.TTL, maxTTL)) * time.Millisecond }

// The codes of errors.
const (
	codeBad         = "bad-request"
	codeFailed      = "failed"
	codeCanceled    = "canceled"
	codeUnavailable = "unavailable"
)

var codeLarge, codeFull = store.ErrTooLarge.Code, store.ErrFull.Code

func errorf(code, format string, args ...any) *store.Error {
	return &store.Error{Code: code, Text: fmt.Sprintf(format, args...)}
}
