//go:build linux

package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// oddWords are arguments, and oddFolder is a name, as no shell and no format likes them.
var oddWords = []string{"-o", "::", `"::"`, `a":"b`, `\`, `\u0041`, "#{1}", "%s", "'", "new\nline", "", "é\u2028", "\xff\xfe", "null", "[true]"}

const oddFolder = "a\xffb \"'é\n#{1} \\"

// What hotswap and a standby tell each other keeps every byte of arguments and names of
// files: else there is no standby, for a reason that is none.
func TestWarmOddBytes(t *testing.T) {
	needs(t, "ruby", "-e", "")
	rubies, err := exec.LookPath("ruby")
	if err != nil {
		t.Fatal(err)
	}
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
	t.Run("ruby", func(t *testing.T) {
		t.Parallel()
		a := odd(t, map[string]string{
			"home/gems/odd-1.0/lib/odd.rb": "module Odd; VALUE = 1; end\n",
			"app.rb":                       "require 'odd'\np Odd::VALUE, ARGV.map(&:b), Dir.pwd.b, __FILE__\n",
		}, "app.rb")
		a.compareRuby(t, rubies)
	})
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
