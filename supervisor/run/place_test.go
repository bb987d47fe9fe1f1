package run

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What a program writes names no file outside the project.
func FuzzPlace(f *testing.F) {
	f.Add("Error: x\n    at /p/a.ts:1:2\n  File \"b.py\", line 3", "/p")
	f.Add("../../etc/passwd.x:1", "/")
	f.Fuzz(func(t *testing.T, text, dir string) {
		dir = filepath.Join("/", dir)
		last := lines(text)
		_, named := quote(report.Exit{Code: 1}, last)
		var asked []string
		at := sourceLine(last, max(named, 0), dir, func(file string) bool {
			asked = append(asked, file)
			return len(asked) > 2
		})
		for _, file := range asked {
			if r, err := filepath.Rel(dir, file); err != nil || !filepath.IsLocal(r) {
				t.Errorf("%s was looked for", file)
			}
		}
		if file, _, _ := strings.Cut(at, ":"); at != "" && (!filepath.IsLocal(file) || len(asked) > mostFiles ||
			slices.Contains([]string{"", "."}, file)) {
			t.Errorf("%q after %d files", at, len(asked))
		}
	})
}

// The place of an error is in the file that has it, not in the one that loads that file.
func TestPlaceOfWhatAnotherFileLoads(t *testing.T) {
	all := testkit.Must(txtar.ParseFile("testdata/syntax.txtar"))(t)
	for _, f := range all.Files {
		last := strings.Split(strings.TrimSuffix(string(f.Data), "\n"), "\n")
		told, at := telling(last)
		_, named := quote(report.Exit{Code: 1}, told)
		got := sourceLine(last, at[named], "/p", func(file string) bool { return !strings.Contains(file, ":") })
		if label, want, _ := strings.Cut(f.Name, ": "); got != strings.TrimSuffix(want, ":") {
			t.Errorf("%s: %q, want %q", label, got, want)
		}
	}
}
