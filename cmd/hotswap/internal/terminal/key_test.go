package terminal

import (
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
)

func TestKeysThatComeAtOnce(t *testing.T) {
	for text, want := range map[string][]Key{
		"":          nil,
		"r":         {KeySwap},
		"x":         nil,
		"\r":        {KeyMark},
		"\n\n":      {KeyMark, KeyMark},
		"\r\n":      {KeyMark},
		"s\n":       {KeyStatus, KeyMark}, // from a terminal that still gathers lines
		"rrr":       {KeySwap},
		"\x1b":      nil,
		"\x1bq":     nil, // Alt and q
		"\x1b[A":    nil,
		"\x1bOq":    nil,
		"require":   nil,
		"x\x1b[A\r": {KeyMark},
		"rq":        nil,
		"r\nq":      nil,
		"require\n": {KeyMark},
	} {
		if got := KeysFor(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// What ? tells is all that there is.
func TestKeyTextNamesEachKey(t *testing.T) {
	for b := range keys {
		if b > ' ' && b != '?' && !strings.Contains(ui.KeyText, "\n  "+string(rune(b))+" ") {
			t.Errorf("%q is not told of", b)
		}
	}
}
