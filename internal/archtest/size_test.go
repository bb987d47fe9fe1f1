package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// mainLines limits package main, which wires and decides nothing. A sub-command takes some 40 lines.
const mainLines = 1600

// roomLines limits every other package.
const roomLines = 2500

// functionLines limits a function.
const functionLines = 90

func TestPackagesStaySmall(t *testing.T) {
	for _, p := range list(t) {
		room, limit, lines := strings.TrimPrefix(p.ImportPath, module), roomLines, 0
		if room == "cmd/hotswap" {
			limit = mainLines
		}
		for _, file := range p.productFiles(t) {
			lines += countLines(t, file)
		}
		if lines > limit {
			t.Errorf("%s has %d production lines, more than %d: which second job does it do?", room, lines, limit)
		}
	}
}

func TestFunctionsStayShort(t *testing.T) {
	for _, p := range list(t) {
		for _, file := range p.productFiles(t) {
			f := parse(t, file)
			for _, d := range f.Decls {
				d, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				name := strings.TrimPrefix(p.ImportPath, module) + "." + d.Name.Name
				n := places.Position(d.End()).Line - places.Position(d.Pos()).Line + 1
				if n > functionLines {
					t.Errorf("%s has %d lines, more than %d: which of its steps has a name?", name, n, functionLines)
				}
			}
		}
	}
}

// A long file is a question, not a fault: which second noun lives here?
func TestFilesStaySmall(t *testing.T) {
	for _, p := range list(t) {
		for _, file := range p.goFiles(t) {
			if n := countLines(t, file); n > 450 {
				t.Errorf("%s: %d lines: which second noun lives here?", file, n)
			}
		}
	}
}

var (
	places = token.NewFileSet()
	parsed sync.Map // file → func() (*ast.File, error)
)

// parse returns a file's tree, which the tests share.
func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	once, _ := parsed.LoadOrStore(file, sync.OnceValues(func() (*ast.File, error) {
		return parser.ParseFile(places, file, nil, parser.ParseComments)
	}))
	return testkit.Must(once.(func() (*ast.File, error))())(t)
}

func (p listed) goFiles(t *testing.T) []string {
	t.Helper()
	files := testkit.Must(filepath.Glob(filepath.Join(p.Dir, "*.go")))(t)
	return files
}

// productFiles returns the files of the package without tests.
func (p listed) productFiles(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(p.goFiles(t), func(file string) bool { return strings.HasSuffix(file, "_test.go") })
}

func countLines(t *testing.T, file string) int {
	t.Helper()
	b := testkit.Must(os.ReadFile(file))(t)
	return strings.Count(string(b), "\n")
}
