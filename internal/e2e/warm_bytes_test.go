//go:build linux

package e2e

import (
	"path/filepath"
	"testing"
)

// oddWords are arguments, and oddFolder is a name, as no shell and no format likes them.
var oddWords = []string{"-o", "::", `"::"`, `a":"b`, `\`, `\u0041`, "#{1}", "%s", "'", "new\nline", "", "é\u2028", "\xff\xfe", "null", "[true]"}

const oddFolder = "a\xffb \"'é\n#{1} \\"

// What hotswap and a standby tell each other keeps every byte of arguments and names of
// files: else there is no standby, for a reason that is none.
func TestWarmOddBytes(t *testing.T) {
	for _, binary := range pythons(t) {
		t.Run(filepath.Base(binary), func(t *testing.T) {
			t.Parallel()
			a := awkward{dir: filepath.Join(t.TempDir(), oddFolder), proper: true, args: append([]string{"app.py"}, oddWords...)}
			write(t, filepath.Join(a.dir, "site-packages/odd.py"), "VALUE = 1\n")
			write(t, filepath.Join(a.dir, "app.py"), "import odd, os, sys\nprint(odd.VALUE, [os.fsencode(a) for a in sys.argv], os.fsencode(os.getcwd()), os.fsencode(odd.__file__))\n")
			a.comparePython(t, binary)
		})
	}
}
