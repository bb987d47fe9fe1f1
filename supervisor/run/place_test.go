package run

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What a program writes names no file outside the project.
func FuzzPlace(f *testing.F) {
	f.Add("Error: x\n    at /p/a.ts:1:2\n  File \"b.py\", line 3", "/p")
	f.Add("../../etc/passwd.x:1", "/")
	f.Fuzz(func(t *testing.T, text, dir string) {
		if !filepath.IsAbs(dir) {
			t.Skip()
		}
		last := lines(text)
		_, named := quote(report.Exit{Code: 1}, last)
		var asked []string
		at := place(last, max(named, 0), dir, func(file string) bool { asked = append(asked, file); return len(asked) > 2 })
		for _, file := range asked {
			if r, err := filepath.Rel(dir, file); err != nil || !filepath.IsLocal(r) {
				t.Errorf("%s was looked for", file)
			}
		}
		if file, _, ok := strings.Cut(at, ":"); at != "" && (!ok || !filepath.IsLocal(file) || len(asked) > mostPlaces || slices.Contains([]string{"", "."}, file)) {
			t.Errorf("%q after %d files", at, len(asked))
		}
	})
}
