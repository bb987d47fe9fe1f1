package setup

import (
	"strings"
	"testing"
)

func TestChain(t *testing.T) {
	for script, want := range map[string]string{
		"a b && c d && e": "a b|c d|e", "a && X=y b": "a|X=y b", "a": "a", "exec a": "exec a", "a && b ": "a|b",
		"a; b": "no", "a || b": "no", "cd a && b": "no", "a && (b)": "no", "a && b | c": "no", "a && b >c": "no", "export X=y && b": "no", "X=y && b": "no",
		"": "no", "a >b": "no", "a $(b)": "no", "a\nb": "no", "a\x1bb": "no", "a # b": "no", "a " + strings.Repeat("x", scriptLimit): "no",
	} {
		steps, last, ok := chain(script)
		got := "no"
		if ok {
			got = strings.Join(append(steps, join(last)), "|")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}
