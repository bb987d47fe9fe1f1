package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// namedTimes and adapterTimes limit the names that product code and the adapters have for times: how long something waits,
// lasts or is believed. Each name is one more thing to know, and two that mean the same drift apart: package wait has
// those of several packages.
const namedTimes, adapterTimes = 100, 28

// helpers are packages that no user runs.
var helpers = regexp.MustCompile(`^(bench|examples|packaging|internal/(e2e|faults|testkit|load))(/|$)`)

// Named times are few, and a comment gives the reason of each.
func TestNamedTimesAreFewAndExplained(t *testing.T) {
	n := 0
	for _, p := range list(t) {
		if helpers.MatchString(strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		for _, file := range p.productFiles(t) {
			f := parse(t, file)
			ast.Inspect(f, func(node ast.Node) bool {
				d, ok := node.(*ast.GenDecl)
				if !ok {
					return true
				}
				for _, spec := range d.Specs {
					spec, ok := spec.(*ast.ValueSpec)
					for _, name := range timesOf(spec, ok) {
						if n++; !explained(d, spec, name) {
							t.Errorf("%s: no comment says why %s is so long", places.Position(spec.Pos()), name)
						}
					}
				}
				return true
			})
		}
	}
	if n > namedTimes {
		t.Errorf("%d named times, more than %d: which two mean the same?", n, namedTimes)
	}
}

// timesOf returns the names that have a value with a unit of time in it.
func timesOf(spec *ast.ValueSpec, ok bool) (names []string) {
	if !ok {
		return nil
	}
	for i, value := range spec.Values {
		timed := false
		ast.Inspect(value, func(node ast.Node) bool {
			if s, ok := node.(*ast.SelectorExpr); ok {
				of, is := s.X.(*ast.Ident)
				timed = timed || is && of.Name == "time" && unit.MatchString(s.Sel.Name)
			}
			_, code := node.(*ast.FuncLit)
			return !code
		})
		if timed {
			names = append(names, spec.Names[i].Name)
		}
	}
	return names
}

var unit = regexp.MustCompile(`^(Microsecond|Millisecond|Second|Minute|Hour)$`)

// explained reports whether the name has a comment of its own, or is named in one of the same declaration.
func explained(d *ast.GenDecl, spec *ast.ValueSpec, name string) bool {
	if spec.Doc != nil || spec.Comment != nil || len(d.Specs) == 1 && d.Doc != nil {
		return true
	}
	text := d.Doc.Text()
	for _, other := range d.Specs {
		text += other.(*ast.ValueSpec).Doc.Text()
	}
	return regexp.MustCompile(`\b` + name + `\b`).MatchString(text)
}

// adapterTime is a time that an adapter or a client names. Its comment has the unit.
var adapterTime = regexp.MustCompile(`(?m)^(?:const )?[A-Z_]+ = [0-9.]+ +(?://|#) m?s(?:econds)?\b`)

func TestAdaptersNameFewTimes(t *testing.T) {
	n := 0
	for _, of := range []string{"handoff/runtime", "clients"} {
		_ = filepath.WalkDir(filepath.Join("../..", of), func(file string, d os.DirEntry, err error) error {
			if err == nil && d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if ext := filepath.Ext(file); err == nil && (ext == ".cjs" || ext == ".py") {
				b, _ := os.ReadFile(file)
				n += len(adapterTime.FindAll(b, -1))
			}
			return err
		})
	}
	if n > adapterTimes || n == 0 {
		t.Errorf("%d named times, more than %d", n, adapterTimes)
	}
}
