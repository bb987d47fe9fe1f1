package main

import (
	"slices"
	"strings"
	"testing"
)

func TestKeyFor(t *testing.T) {
	want := map[byte]key{
		'r': keySwap, 'b': keyRollback, 's': keyStatus, 'q': keyQuit, '?': keyHelp, '\r': keyMark, '\n': keyMark,
	}
	for b := range 256 {
		if got := keyFor(byte(b)); got != want[byte(b)] {
			t.Errorf("key %q is %d, want %d", rune(b), got, want[byte(b)])
		}
	}
}

func TestKeysThatComeAtOnce(t *testing.T) {
	for text, want := range map[string][]key{
		"":          nil,
		"r":         {keySwap},
		"x":         nil,
		"\r":        {keyMark},
		"\n\n":      {keyMark, keyMark},
		"\r\n":      {keyMark},
		"s\n":       {keyStatus, keyMark}, // from a terminal that still gathers lines
		"rrr":       {keySwap},
		"\x1b":      nil,
		"\x1bq":     nil, // Alt and q
		"\x1b[A":    nil,
		"\x1bOq":    nil,
		"require":   nil,
		"x\x1b[A\r": {keyMark},
		"rq":        nil,
		"r\nq":      nil,
		"require\n": {keyMark},
	} {
		if got := keysFor(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// What ? tells is all that there is.
func TestKeyTextNamesEachKey(t *testing.T) {
	for b := range byte(128) {
		if b > ' ' && keyFor(b) != keyNone && b != '?' && !strings.Contains(keyText, "\n  "+string(rune(b))+" ") {
			t.Errorf("%q is not told of", b)
		}
	}
}
