package archtest

import (
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// sums are the closed interfaces below supervisor. Each type switch over one has a case for each of its types: a
// default does not count, because nobody would hear of a type that is new.
var sums = []string{
	"supervisor/machine.State", "supervisor/machine.genEvent", "supervisor/machine/standby.Event",
	"supervisor/machine/internal/sum.Event", "supervisor/machine/internal/sum.Effect",
}

// embedded are what makes a type that has it one of a sum.
var embedded = regexp.MustCompile(`^(AnEvent|AnEffect|event)$`)

func TestSwitchesOverSumsAreComplete(t *testing.T) {
	c := checkTypes(t)
	for _, sum := range sums {
		of := c.named(sum)
		if of == nil {
			t.Errorf("there is no %s", sum)
			continue
		}
		variants := c.variants(of)
		if switches := c.switches(t, of, variants); len(variants) < 2 || switches == 0 {
			t.Errorf("%s has %d types and %d switches: does the test still see them?", sum, len(variants), switches)
		}
	}
}

// checked are the packages below supervisor, with the types of all expressions.
type checked struct {
	fset  *token.FileSet
	pkgs  map[string]*types.Package // by import path
	files []*ast.File
	info  types.Info
	other types.Importer
}

// Import returns one of our packages as it was checked, and any other as it was compiled.
func (c *checked) Import(path string) (*types.Package, error) {
	if p := c.pkgs[path]; p != nil {
		return p, nil
	}
	return c.other.Import(path)
}

func checkTypes(t *testing.T) *checked {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-export", "-json=ImportPath,Dir,GoFiles,Export", "./supervisor")
	cmd.Dir, cmd.Stderr = "../..", os.Stderr
	out := testkit.Must(cmd.Output())(t)
	c := &checked{fset: token.NewFileSet(), pkgs: map[string]*types.Package{},
		info: types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	compiled := map[string]string{}
	c.other = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(compiled[path])
	})
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); { // what a package imports comes before it
		var p struct {
			ImportPath, Dir, Export string
			GoFiles                 []string
		}
		testkit.NoError(t, d.Decode(&p))
		compiled[p.ImportPath] = p.Export
		if !strings.HasPrefix(p.ImportPath, module+"supervisor") {
			continue
		}
		var files []*ast.File
		for _, name := range p.GoFiles {
			f := testkit.Must(parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution))(t)
			files = append(files, f)
		}
		pkg := testkit.Must((&types.Config{Importer: c}).Check(p.ImportPath, c.fset, files, &c.info))(t)
		c.pkgs[p.ImportPath], c.files = pkg, append(c.files, files...)
	}
	return c
}

// named returns a type by its package and name; nil: there is none.
func (c *checked) named(name string) types.Type {
	dot := strings.LastIndex(name, ".")
	p := c.pkgs[module+name[:dot]]
	if p == nil || p.Scope().Lookup(name[dot+1:]) == nil {
		return nil
	}
	return p.Scope().Lookup(name[dot+1:]).Type()
}

// variants returns the types that implement an interface.
func (c *checked) variants(of types.Type) (all []types.Type) {
	for _, p := range c.pkgs {
		for _, name := range p.Scope().Names() {
			o, ok := p.Scope().Lookup(name).(*types.TypeName)
			if !ok || o.IsAlias() || types.IsInterface(o.Type()) || embedded.MatchString(name) {
				continue
			}
			for _, v := range []types.Type{o.Type(), types.NewPointer(o.Type())} {
				if types.Implements(v, of.Underlying().(*types.Interface)) {
					all = append(all, v)
					break // else a pointer to a value would be one more
				}
			}
		}
	}
	return all
}

// switches checks the type switches over an interface, and returns how many there are.
func (c *checked) switches(t *testing.T, of types.Type, variants []types.Type) (n int) {
	for _, f := range c.files {
		ast.Inspect(f, func(node ast.Node) bool {
			s, ok := node.(*ast.TypeSwitchStmt)
			if !ok || !types.Identical(c.info.TypeOf(switched(s)), of) {
				return true
			}
			n++
			for _, v := range variants {
				if !c.covers(s, v) {
					t.Errorf("%s: no case for %s", c.fset.Position(s.Pos()), v)
				}
			}
			return true
		})
	}
	return n
}

// switched returns the expression of which a switch asks the type.
func switched(s *ast.TypeSwitchStmt) ast.Expr {
	var x ast.Expr
	switch a := s.Assign.(type) {
	case *ast.AssignStmt:
		x = a.Rhs[0]
	case *ast.ExprStmt:
		x = a.X
	}
	return x.(*ast.TypeAssertExpr).X
}

// covers reports whether a switch has a case for a type.
func (c *checked) covers(s *ast.TypeSwitchStmt, v types.Type) bool {
	for _, clause := range s.Body.List {
		for _, x := range clause.(*ast.CaseClause).List {
			of := c.info.TypeOf(x)
			if i, ok := of.Underlying().(*types.Interface); types.Identical(of, v) || ok && types.Implements(v, i) {
				return true
			}
		}
	}
	return false
}
