package store

import (
	"errors"
	"testing"
)

func js(text string) Value { return Value{JSON: []byte(text)} }

func ptr(version uint64) *uint64 { return &version }

func TestLimits(t *testing.T) {
	s := New(Limits{Key: 4, Value: 10, Total: 25, Keys: 3})
	for _, c := range []struct {
		key  string
		size int
		want error
	}{
		{"abcde", 1, ErrTooLarge}, {"a", 11, ErrTooLarge},
		{"a", 10, nil}, {"b", 10, nil}, // 22 bytes
		{"c", 3, ErrFull}, {"c", 1, nil}, {"d", 0, ErrFull}, // 24 bytes, 3 keys
		{"c", 3, ErrFull}, {"a", 2, nil}, {"c", 10, nil},
	} {
		_, err := s.Set(c.key, Value{Bytes: make([]byte, c.size)}, 0, nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%q, %d bytes: %v, want %v", c.key, c.size, err, c.want)
		}
	}
	if keys, bytes := s.Stats(); keys != 3 || bytes != 25 {
		t.Errorf("%d keys, %d bytes", keys, bytes)
	}
	if err := s.Check("abcde"); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}
