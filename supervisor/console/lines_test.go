package console

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What a program writes is kept as whole lines, however the writes divide it; a long line in pieces, and a line without
// an end when the program has ended.
func TestLinesAreKept(t *testing.T) {
	var got []string
	l := &lines{gen: 3, keep: func(gen int, text []byte) { got = append(got, fmt.Sprint(gen, " ", string(text))) }}
	x := strings.Repeat("x", maxPart)
	for _, part := range []string{"one\ntw", "o\n\nthr", "ee", "\xff\r\n", x[1:], "y", "z\nend"} {
		l.write([]byte(part))
	}
	want := []string{"3 one\n", "3 two\n\n", "3 three\xff\r\n", "3 " + x[1:] + "y", "3 z\n"}
	if !slices.Equal(got, want) {
		t.Errorf("%.200q", got)
	}
	l.end()
	l.end()
	if !slices.Equal(got, append(want, "3 end")) {
		t.Errorf("at the end %.20q", got[len(want):])
	}
}

func TestReadyIsALine(t *testing.T) {
	for _, c := range []struct {
		text, pattern string
		want          bool
	}{
		{"booting\nListening on 4000\n", `^Listening on \d+$`, true},
		{"booting\r\nListening on 4000\r\n", `^Listening on \d+$`, true},
		{"\x1b[32mListening\x1b[0m on \x1b[1m4000\x1b[0m\n", `^Listening on \d+$`, true},
		{"Listening on 40", `Listening`, false},
		{"Listening\non 40\n", `Listening on`, false},
		{strings.Repeat("x", maxPart), `^x+$`, true},
		{strings.Repeat("x", maxPart-1), `^x+$`, false},
		{"\n", `^$`, true},
	} {
		for _, step := range []int{1, 3, 1 << 20} {
			found := 0
			l := &lines{ready: regexp.MustCompile(c.pattern)}
			for b := range slices.Chunk([]byte(c.text), step) {
				if l.write(b) {
					found++
				}
			}
			if found > 1 || found == 1 != c.want {
				t.Errorf("%.40q in steps of %d: told %d times", c.text, step, found)
			}
		}
	}
}

// What a terminal shows of an old line has its colours, and can do nothing else to the terminal.
func TestShown(t *testing.T) {
	for in, want := range map[string]string{
		"plain\tline\r\n":                           "plain\tline",
		"\x1b[1;31mError\x1b[0m: no":                "\x1b[1;31mError\x1b[0m: no\x1b[0m",
		"\x1b[38:5:9mred":                           "\x1b[38:5:9mred\x1b[0m",
		"\x1b[2J\x1b[H\x1b]0;title\x07\x1bctext":    "text",
		"\x1b[?1049h\x1b[10;5H\x1b]52;c;YQ==\x1b\\": "",
		"c1 \u009b31m \x9b31m":                      "c1 31m \ufffd31m",
		"cut \x1b[3":                                "cut ",
		"\x1b\x1b[1m":                               "\x1b[1m\x1b[0m",
	} {
		if got := Shown([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
