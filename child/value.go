package child

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// encode returns the value as it travels.
func encode(v any) (store.Value, error) {
	if b, ok := v.([]byte); ok {
		return store.Value{Bytes: append([]byte{}, b...)}, nil // never nil, which is no value
	}
	how := &verdict{}
	if t := reflect.TypeOf(v); t != nil {
		how = travels(t)
	}
	if how.err != nil {
		return store.Value{}, how.err
	}
	b, err := json.Marshal(v)
	if other := (*json.UnsupportedTypeError)(nil); errors.As(err, &other) {
		return store.Value{}, fmt.Errorf("%w: %s", err, instead)
	}
	if err != nil {
		return store.Value{}, err
	}
	// encoding/json writes this escape in place of what is not UTF-8; others' JSON may have it, too.
	if how.dynamic || bytes.Contains(b, []byte(`\ufffd`)) {
		if err := walk(reflect.ValueOf(v)); err != nil {
			return store.Value{}, err
		}
	}
	return store.Value{JSON: b}, nil
}

// decode reads a value.
func decode[T any](v store.Value) (out T, err error) {
	if v.Bytes != nil {
		out, ok := any(slices.Clone(v.Bytes)).(T) // []byte or any
		if !ok {
			return out, fmt.Errorf("%w: the key has bytes, not JSON: ask for []byte", ErrType)
		}
		return out, nil
	}
	if _, ok := any(&out).(*[]byte); ok {
		return out, fmt.Errorf("%w: the key has JSON, not bytes: ask for json.RawMessage", ErrType)
	}
	if err := json.Unmarshal(v.JSON, &out); err != nil {
		return out, fmt.Errorf("%w: %w", ErrType, err)
	}
	return out, nil
}
