package console

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                    "plain",
		"\x1b[31mError\x1b[0m: no": "Error: no",
		"\x1b[38;5;9m✘ \x1b[41;31m[ERROR]\x1b[m":       "✘ [ERROR]",
		"\x1b]0;title\x07text":                         "text",
		"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ end": "link end",
		"\x1b(Btext\x1b7":                              "text",
		"10%\r20%\r":                                   "20%",
		"line\r":                                       "line",
		"a\tb":                                         "a b",
		"bell\a\b\x00\x7f":                             "bell",
		"bad \xff\xfe byte":                            "bad \ufffd byte",
		"cut \x1b[3":                                   "cut",
		"cut \x1b":                                     "cut",
		"broken \x1b[3\x01text":                        "broken text",
		"two \x1b\x1b[1mescapes":                       "two escapes",
		"\u202eevil":                                   "evil",
		"c1 \u009b31m":                                 "c1 31m",
		"   ":                                          "",
		strings.Repeat("é", 501):                       strings.Repeat("é", 499) + "…",
	} {
		if got := harmless([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestTailIsTheEnd(t *testing.T) {
	for _, step := range []int{1, 7, 4096, 5000, 100_000} {
		var all []byte
		for i := range 3000 {
			all = fmt.Appendf(all, "line %d %s\n\n", i, strings.Repeat("x", i%70))
		}
		all = append(all, "prompt> "...)
		var tl tail
		for b := range slices.Chunk(all, step) {
			tl.write(b)
		}
		got := tl.last()
		if len(got) != tailLines || got[tailLines-1] != "prompt>" ||
			got[0] != "line 2961 "+strings.Repeat("x", 2961%70) {
			t.Errorf("in steps of %d: %d lines, %q", step, len(got), got)
		}
	}
	var tl tail
	tl.write([]byte("first\n"))
	tl.write([]byte(strings.Repeat("y", tailBytes-3) + "\nend"))
	if got := tl.last(); !slices.Equal(got, []string{"end"}) {
		t.Errorf("half a line counts: %.60q", got)
	}
}

func TestRubysBacktraceKeepsItsError(t *testing.T) {
	const says = "kernel.rb:35:in `require': conf.rb:1: syntax error (SyntaxError)"
	var tl tail
	tl.write([]byte(says + "\n" + strings.Repeat("\tfrom railties/lib/rails/engine.rb:681:in `load'\n", 2*tailLines)))
	if got := tl.last(); got[0] != says {
		t.Errorf("%d lines, the first is %q", len(got), got[0])
	}
}

func FuzzHarmless(f *testing.F) {
	f.Add([]byte("\x1b[31mError\x1b[0m\r\n\x1b]0;t\x07"))
	f.Add([]byte("\x1b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, line := range lastLines(b) {
			if !utf8.ValidString(line) || strings.IndexFunc(line, unicode.IsControl) >= 0 ||
				utf8.RuneCountInString(line) > lineLength {
				t.Errorf("%q of %q", line, b)
			}
		}
	})
}
