package terminal

import (
	"slices"
	"strings"
	"testing"
)

func TestKeysThatComeAtOnce(t *testing.T) {
	for text, want := range map[string][]Key{
		"":             nil,
		"r":            {KeySwap},
		"x":            nil,
		"\r":           {KeySwap},
		"\n\n":         {KeySwap},
		"\r\n":         {KeySwap},
		"s\n":          {KeyStatus}, // from a terminal that still gathers lines
		"r|s|\r":       {KeySwap, KeyStatus},
		"r|s|\r|\r":    {KeySwap, KeyStatus, KeySwap},
		"x\r\n\r\n":    {KeySwap},
		"rs\n":         {KeySwap},
		"rrr":          {KeySwap},
		"\x1b":         nil,
		"\x1bq":        nil, // Alt and q
		"\x1b[A":       nil,
		"\x1bOq":       nil,
		"require":      nil,
		"x\x1b[A\r":    nil,
		"rq":           nil,
		"r\nq":         nil,
		"require\n|\n": {KeySwap},
	} {
		var line Line
		var got []Key
		for b := range strings.SplitSeq(text, "|") {
			got = append(got, line.Keys(b)...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
