package archtest

import (
	"go/ast"
	"path"
	"strconv"
	"strings"
	"testing"
)

// A local name that is also that of an imported package reads like the package.
func TestNoLocalNameHidesAnImport(t *testing.T) {
	for _, p := range list(t) {
		for _, file := range p.goFiles(t) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f := parse(t, file)
			imported := map[string]bool{}
			for _, i := range f.Imports {
				whole, _ := strconv.Unquote(i.Path.Value)
				name := path.Base(whole)
				if i.Name != nil {
					name = i.Name.Name
				}
				imported[name] = strings.HasPrefix(whole, module)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n.(type) {
				case *ast.StructType, *ast.InterfaceType: // their names are never alone
					return false
				}
				// The parser resolves the names of a file: an identifier has an object where it is declared.
				if id, ok := n.(*ast.Ident); ok && imported[id.Name] && id.Obj != nil && id.Obj.Pos() == id.Pos() && (id.Obj.Kind == ast.Var || id.Obj.Kind == ast.Con) {
					t.Errorf("%s: %s hides the package %s", places.Position(id.Pos()), id.Name, id.Name)
				}
				return true
			})
		}
	}
}
