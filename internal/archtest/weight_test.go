//go:build lint

package archtest

import (
	"bytes"
	"fmt"
	"go/scanner"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	text "text/scanner"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// room is what a limit may be above its sum of tokens, in percent, and fewerRoom what it may be above a count. A limit
// with twice as much room must go down.
const room, fewerRoom = 1, 5

// fewer are what else only goes down, by the files in which it is counted: waits for a while, tests that may not run,
// and what runs again when it has failed.
var fewer = map[string]struct{ in, what *regexp.Regexp }{
	"sleeps": {regexp.MustCompile(`_test\.go$`), regexp.MustCompile(`\btime\.Sleep\(`)}, // where time is not fake
	"skips":  {regexp.MustCompile(`_test\.go$`), regexp.MustCompile(`\b[tbf]\.Skip(f|Now)?\(`)},
	"repeats": {
		regexp.MustCompile(`^\.ci/|_test\.go$`),
		regexp.MustCompile(`(?m)^printf .*once more|\|\| run go test|for try :`),
	},
}

// tokens counts what a compiler reads: no comment, no end of a line, and a name of any length is one.
func tokens(file string, content []byte) (n int) {
	if !strings.HasSuffix(file, ".go") {
		return otherTokens(strings.HasSuffix(file, ".py") || strings.HasSuffix(file, ".rb"), content)
	}
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile(file, -1, len(content)), content, nil, 0)
	for {
		switch _, t, literal := s.Scan(); {
		case t == token.EOF:
			return n
		case t != token.SEMICOLON || literal != "\n":
			n++
		}
	}
}

// otherTokens counts the tokens of JavaScript, or of Python or Ruby (hashes). Operators of several characters count as
// several.
func otherTokens(hashes bool, content []byte) (n int) {
	var s text.Scanner
	s.Init(bytes.NewReader(content))
	s.Error = func(*text.Scanner, string) {} // 'text', which Go does not know
	for t := s.Scan(); t != text.EOF; t = s.Scan() {
		switch {
		case hashes && t == '#':
			skip(&s, "\n")
		case hashes && s.TokenText() == `""` && s.Peek() == '"':
			s.Next()
			skip(&s, `"""`)
		default:
			n++
		}
	}
	return n
}

// skip reads until after an end.
func skip(s *text.Scanner, end string) {
	var read []rune
	for r := s.Next(); r != text.EOF; r = s.Next() {
		read = append(read, r)
		if strings.HasSuffix(string(read[max(0, len(read)-len(end)):]), end) {
			return
		}
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct {
		file, content string
		want          int
	}{
		{"a.go", "package a // no\n\nvar aLongName = `a\nb`\n", 6},
		{"a.go", "package a; var b = 1\n", 7},
		{"a.cjs", "const a = 'it is' // no\n/* no */ f(`a\nb`)", 8},
		{"a.py", "\"\"\"No\nit's no.\"\"\"\na = '# it is'  # it's no\n", 3},
	} {
		if n := tokens(c.file, []byte(c.content)); n != c.want {
			t.Errorf("%q: %d tokens, want %d", c.content, n, c.want)
		}
	}
}

// fakesTime reports whether sleeps in a file of tests take no time: those of its package run in bubbles, unless they
// are about the kernel.
func fakesTime(t *testing.T, file string) bool {
	if strings.HasSuffix(file, "_linux_test.go") {
		return false
	}
	others := testkit.Must(filepath.Glob(filepath.Join("../..", filepath.Dir(file), "*_test.go")))(t)
	for _, other := range others {
		if bytes.Contains(readFile(t, strings.TrimPrefix(other, "../../")), []byte(`"testing/synctest"`)) {
			return true
		}
	}
	return false
}

// Moving code is not shrinking, and what is new pays by what it replaces. Who needs more says why in weight.txt.
func TestTheWeightGoesDown(t *testing.T) {
	sums := map[string]int{}
	eachFile(t, func(file string) {
		if kind := kindOf(file); kind != "" {
			sums[kind] += tokens(file, readFile(t, file))
		}
		for kind, f := range fewer {
			mine := strings.HasPrefix(file, "internal/archtest")
			if f.in.MatchString(file) && !mine && (kind != "sleeps" || !fakesTime(t, file)) {
				sums[kind] += len(f.what.FindAll(readFile(t, file), -1))
			}
		}
	})
	limits := map[string]int{}
	for line := range strings.Lines(string(readFile(t, "internal/archtest/weight.txt"))) {
		var kind string
		var limit int
		if n, _ := fmt.Sscan(line, &kind, &limit); n == 2 {
			limits[kind] = limit
		}
	}
	for kind, n := range sums {
		above := n * room / 100
		if fewer[kind].in != nil {
			above = fewerRoom
		}
		switch limit := limits[kind]; {
		case n > limit:
			t.Errorf("%s: %d, %d more than weight.txt allows: delete as much, or give a reason there", kind, n, n-limit)
		case n+2*above < limit:
			t.Errorf("%s: %d: lower the limit in weight.txt from %d to %d", kind, n, limit, n+above)
		}
	}
	if len(limits) != len(sums) || len(sums) != 3+len(fewer) {
		t.Errorf("weight.txt has limits for %d kinds, and %d are counted", len(limits), len(sums))
	}
}
