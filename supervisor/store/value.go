package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// Value is what a key has. One of both is not nil. The bytes must not be changed: all readers share them.
type Value struct {
	JSON  json.RawMessage // valid, which the store does not check
	Bytes []byte
}

// Size returns the number of bytes.
func (v Value) Size() int { return len(v.JSON) + len(v.Bytes) }

// Item is a key that exists.
type Item struct {
	Value   Value
	Version uint64    // never 0
	Expires time.Time // zero: never
}

// Info is an item without its value.
type Info struct {
	Key     string `json:"key"`
	Version uint64 `json:"version"`
	Size    int    `json:"size"` // of the value, in bytes
}

// Limits bound a store.
type Limits struct {
	Key   int // bytes of a key
	Value int // bytes of a value
	Total int // bytes of all keys and values
	Keys  int
}

// Standard are the limits of docs/state.md.
var Standard = Limits{Key: 512, Value: 1 << 20, Total: 64 << 20, Keys: 65536}

// Error is an error that clients know by its code.
type Error struct{ Code, Text string }

func (e *Error) Error() string { return e.Text }

// Errors that a call may wrap.
var (
	// ErrTooLarge: the key or the value is longer than the limit.
	ErrTooLarge = &Error{"too-large", "too large"}
	// ErrFull: the store has as many bytes or keys as it may. Delete something.
	ErrFull = &Error{"full", "the store is full"}
	// ErrType: Add found something else than an integer, or the sum is not one of 64 bits.
	ErrType = &Error{"type", "not an integer"}
	// ErrVersion: the key does not have the version that the caller asked for.
	ErrVersion = &Error{"version", "the key has another version"}
)

// check reports a key or a value that is too long.
func (l Limits) check(key string, size int) error {
	switch {
	case len(key) > l.Key:
		return fmt.Errorf("%w: the key has %d bytes, at most %d are possible", ErrTooLarge, len(key), l.Key)
	case size > l.Value:
		return fmt.Errorf("%w: the value has %d bytes, at most %d are possible", ErrTooLarge, size, l.Value)
	}
	return nil
}

// room reports that a store with keys and total bytes has no room for more.
func (l Limits) room(keys, total int) error {
	switch {
	case keys > l.Keys:
		return fmt.Errorf("%w: it has %d keys; delete some, or give them a time to live", ErrFull, l.Keys)
	case total > l.Total:
		return fmt.Errorf("%w: it may have %d bytes; delete some keys, or give them a time to live", ErrFull, l.Total)
	}
	return nil
}
