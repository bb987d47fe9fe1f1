package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// namedTimes limits the names that product code has for times: how long something waits, lasts or is believed. Each name is
// one more thing to know, and two of them that mean the same drift apart.
const namedTimes = 100

// helpers are packages of tests only, which no time of the product is in.
var helpers = regexp.MustCompile(`^(bench|internal/(e2e|e2etest|faults|testkit|load))(/|$)`)

// Named times are few, and a comment gives the reason of each.
func TestNamedTimesAreFewAndExplained(t *testing.T) {
	n := 0
	for _, p := range list(t) {
		if helpers.MatchString(strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		for _, file := range p.productFiles(t) {
			files := token.NewFileSet()
			f, err := parser.ParseFile(files, file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(node ast.Node) bool {
				d, ok := node.(*ast.GenDecl)
				if !ok || d.Tok != token.CONST && d.Tok != token.VAR {
					return true
				}
				for _, spec := range d.Specs {
					spec := spec.(*ast.ValueSpec)
					names := timesOf(spec)
					n += len(names)
					if len(names) > 0 && spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
						t.Errorf("%s: no comment says why %s is so long", files.Position(spec.Pos()), strings.Join(names, ", "))
					}
					t.Logf("%s: %v", files.Position(spec.Pos()), names)
				}
				return true
			})
		}
	}
	for _, file := range scripts(t) {
		n += strings.Count(string(read(t, file)), "")*0 + len(scriptTime.FindAll(read(t, file), -1))
		for _, m := range scriptTime.FindAll(read(t, file), -1) { t.Logf("%s: %s", file, m) }
	}
	t.Logf("%d named times, of at most %d", n, namedTimes)
	if n > namedTimes {
		t.Errorf("%d named times, more than %d: which two mean the same?", n, namedTimes)
	}
}

// timesOf returns the names of a declaration whose values are made of units of time.
func timesOf(spec *ast.ValueSpec) (names []string) {
	for i, value := range spec.Values {
		ast.Inspect(value, func(node ast.Node) bool {
			if _, is := node.(*ast.FuncLit); is {
				return false
			}
			s, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && units[s.Sel.Name] {
				names = append(names, spec.Names[i].Name)
			}
			return true
		})
	}
	return names
}

var units = map[string]bool{"Microsecond": true, "Millisecond": true, "Second": true, "Minute": true, "Hour": true}

// scriptTime matches a time in milliseconds that the adapters name.
var scriptTime = regexp.MustCompile(`(?m)^\s*const \w*(?:_MS|Ms|MS|_SECONDS) = .*$`)

func scripts(t *testing.T) (files []string) {
	t.Helper()
	for _, of := range []string{"../../handoff/runtime/*/js/*.cjs"} {
		more, err := filepath.Glob(of)
		if err != nil { t.Fatal(err) }
		files = append(files, more...)
	}
	return files
}

func read(t *testing.T, file string) []byte {
	b, err := os.ReadFile(file)
	if err != nil { t.Fatal(err) }
	return b
}
