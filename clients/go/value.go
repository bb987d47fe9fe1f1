package hotswap

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

const (
	maxKey   = 512     // bytes of a key, or of the name of a lease
	maxValue = 1 << 20 // bytes
)

// checkKey refuses what cannot be a key, or the beginning of one.
func checkKey(key string, least int) error {
	switch {
	case len(key) < least:
		return errors.New("the key is empty")
	case len(key) > maxKey:
		return fmt.Errorf("%w: the key has %d bytes, at most %d are possible", ErrTooLarge, len(key), maxKey)
	case !utf8.ValidString(key):
		return errors.New("the key is not UTF-8")
	}
	return nil
}

// encode returns the value as it travels.
func encode(v any) (out value, err error) {
	if b, ok := v.([]byte); ok {
		out.Bytes = append([]byte{}, b...) // never nil, which is no value
	} else if out.JSON, err = json.Marshal(v); err != nil {
		return value{}, err
	}
	if size := len(out.JSON) + len(out.Bytes); size > maxValue {
		return value{}, fmt.Errorf("%w: the value has %d bytes, at most %d are possible", ErrTooLarge, size, maxValue)
	}
	return out, nil
}

// decode reads a value, which it may keep.
func decode[T any](v value) (out T, err error) {
	if v.Bytes != nil {
		out, ok := any(v.Bytes).(T) // []byte or any
		if !ok {
			err = fmt.Errorf("%w: the key has bytes, not JSON: ask for []byte", ErrType)
		}
		return out, err
	}
	if _, ok := any(out).([]byte); ok {
		err = fmt.Errorf("%w: the key has JSON, not bytes: ask for json.RawMessage", ErrType)
	} else if err = json.Unmarshal(v.JSON, &out); err != nil {
		err = fmt.Errorf("%w: %w", ErrType, err)
	}
	return out, err
}
