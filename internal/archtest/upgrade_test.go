package archtest

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

// upgradeFiles limits the files that know of an upgrade. A room has one file for what it leaves to a child, and no
// other file of the room asks whose the rest is.
const upgradeFiles = 22

// ofUpgrade matches a name that exists only for upgrades of hotswap.
var ofUpgrade = regexp.MustCompile(`(?i:upgrad|tableflip|freez|frozen|thaw)` +
	`|^(?:IsChild|ChildPID|ParentEnded|ErrMoved|CodeMoved|Parent)$`)

func TestFewFilesKnowOfAnUpgrade(t *testing.T) {
	var found []string
	for _, p := range list(t) {
		if goHelpers.MatchString(strings.TrimPrefix(p.ImportPath, module) + "/") {
			continue
		}
		for _, file := range p.productFiles(t) {
			knows := false
			for _, d := range parse(t, file).Decls { // whose names have no comments
				ast.Inspect(d, func(node ast.Node) bool {
					name, ok := node.(*ast.Ident)
					knows = knows || ok && ofUpgrade.MatchString(name.Name)
					return true
				})
			}
			if knows {
				found = append(found, file)
			}
		}
	}
	if len(found) > upgradeFiles {
		t.Errorf("%d files know of an upgrade, more than %d:\n%s", len(found), upgradeFiles, strings.Join(found, "\n"))
	}
}
