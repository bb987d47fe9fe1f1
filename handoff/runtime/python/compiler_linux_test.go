package python

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Only an error of the syntax is told, with its place, and nothing runs.
func TestCompileTellsOnlyTheSyntax(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	for name, c := range map[string]struct {
		text string
		want string // in the error; "": there is none
	}{
		"good":              {"raise SystemExit(7)\n", ""},
		"latin":             {"# coding: latin-1\na = '\xe4'\n", ""},
		"of a package":      {"# coding: pyxl\na = <b/>\n", ""},
		"a null byte":       {"a = 1\x00\n", ""},
		"a warning":         {"a = 'b' is 'b'\n", ""},
		"broken":            {"a = 1\nb =\n", `line 2`},
		"badly indented":    {"if 1:\na = 1\n", "IndentationError: "},
		"return at its top": {"return\n", "SyntaxError: "},
	} {
		file := filepath.Join(t.TempDir(), "it's.py")
		testkit.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
		cmd := exec.Command("sh", "-c", "exec "+quote(python)+" -ISB -W ignore -c "+quote(compile))
		cmd.Env = append(os.Environ(), "HOTSWAP_FILES=/not/there.py\n"+file)
		out, err := cmd.CombinedOutput()
		if (err != nil) != (c.want != "") || err == nil && len(out) > 0 || !strings.Contains(string(out), c.want) ||
			err != nil && !strings.Contains(string(out), file) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
