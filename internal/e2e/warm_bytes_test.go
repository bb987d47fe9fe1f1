//go:build linux

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// oddWords are arguments, and oddFolder is a name, as no shell and no format likes them.
var oddWords = []string{"-o", "::", `"::"`, `a":"b`, `\`, `\u0041`, "#{1}", "%s", "'", "new\nline", "", "é\u2028", "\xff\xfe", "null", "[true]"}

const oddFolder = "a\xffb \"'é\n#{1} \\"

// What hotswap and a standby tell each other keeps every byte of arguments and names of
// files: else there is no standby, for a reason that is none.
func TestWarmOddBytes(t *testing.T) {
	odd := func(t *testing.T, files map[string]string, script string) awkward {
		a := awkward{dir: filepath.Join(t.TempDir(), oddFolder), proper: true, args: append([]string{script}, oddWords...)}
		for name, text := range files {
			path := filepath.Join(a.dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		return a
	}
	for _, binary := range pythons(t) {
		t.Run("python", func(t *testing.T) {
			t.Parallel()
			a := odd(t, map[string]string{
				"site-packages/odd.py": "VALUE = 1\n",
				"app.py":               "import odd, os, sys\nprint(odd.VALUE, [os.fsencode(a) for a in sys.argv], os.fsencode(os.getcwd()), os.fsencode(odd.__file__))\n",
			}, "app.py")
			a.comparePython(t, binary)
		})
	}
}
