//go:build lint

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// columns limits a line of Go, with four for a tab.
const columns = 120

// longLinesFail says whether a longer line fails the test, or is only shown by go test -v.
const longLinesFail = false

func TestLinesFitAScreen(t *testing.T) {
	tell := t.Logf
	if longLinesFail {
		tell = t.Errorf
	}
	eachFile(t, func(file string) {
		if !strings.HasSuffix(file, ".go") {
			return
		}
		n := 0
		for line := range strings.Lines(string(readFile(t, file))) {
			n++
			line = strings.TrimSuffix(line, "\n")
			if width := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t"); width > columns {
				tell("%s:%d: %d columns, more than %d", file, n, width, columns)
			}
		}
	})
}

// An if that assigns to a variable from outside, or calls something, in its head hides that: what an if declares with
// := is all that it may do before it asks.
func TestIfsOnlyDeclare(t *testing.T) {
	eachFile(t, func(file string) {
		if !strings.HasSuffix(file, ".go") {
			return
		}
		f := testkit.Must(parser.ParseFile(places, filepath.Join("../..", file), nil, parser.SkipObjectResolution))(t)
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.IfStmt)
			if !ok || s.Init == nil {
				return true
			}
			if a, ok := s.Init.(*ast.AssignStmt); !ok || a.Tok != token.DEFINE {
				at := places.Position(s.Pos())
				t.Errorf("%s:%d: the if's head does more than declare: do it on the line before", file, at.Line)
			}
			return true
		})
	})
}
