//go:build lint

package archtest

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// columns limits a line without its longest string, with four for a tab.
const columns = 120

// aside is what does not count in an adapter's line, of JavaScript or Python: comments, strings and patterns.
var aside = regexp.MustCompile("^ *([*#]|/[/*]).*|(^| )(//|# ).*|'[^']*'|\"[^\"]*\"|`[^`]*(`|$)|/\\^.*/")

// table is a line of a comment's table, or one for a tool.
var table = regexp.MustCompile(`^\s*//(\t|\S)`)

func TestLinesFitAScreen(t *testing.T) {
	eachFile(t, func(file string) {
		isGo := strings.HasSuffix(file, ".go")
		if !isGo && kindOf(file) != "adapters" {
			return
		}
		content := readFile(t, file)
		if !isGo {
			n := 0
			for line := range strings.Lines(string(content)) {
				n++
				if code := aside.ReplaceAllString(line, ""); utf8.RuneCountInString(code) > columns+1 {
					t.Errorf("%s:%d: %d columns of code, more than %d", file, n, len(code)-1, columns)
				}
			}
			return
		}
		files := token.NewFileSet()
		source := files.AddFile(file, -1, len(content))
		longest := map[int]int{} // by line: the columns of a string
		inside := map[int]bool{} // the line is a part of a string
		var s scanner.Scanner
		s.Init(source, content, nil, 0)
		for at, tok, text := s.Scan(); tok != token.EOF; at, tok, text = s.Scan() {
			line := source.Line(at)
			if tok != token.STRING {
				continue
			}
			for i := range strings.Count(text, "\n") + 1 {
				inside[line+i] = inside[line+i] || strings.Contains(text, "\n")
			}
			longest[line] = max(longest[line], utf8.RuneCountInString(text))
		}
		n := 0
		for line := range strings.Lines(string(content)) {
			n++
			line = strings.TrimSuffix(line, "\n")
			width := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t") - longest[n]
			if width > columns && !inside[n] && !table.MatchString(line) {
				t.Errorf("%s:%d: %d columns without its longest string, more than %d", file, n, width, columns)
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
