package setup

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// Files that others have made to be slow take no time: a run begins with such a look.
func TestLongScriptsTakeNoTime(t *testing.T) {
	for _, script := range []string{
		strings.Repeat("(", 8000), strings.Repeat("$(", 4000), strings.Repeat("a&&", 2700) + "nodemon x", strings.Repeat("nodemon x&&", 700) + "b",
		strings.Repeat("cd a;", 1500) + "nodemon b", strings.Repeat("a|", 4000) + "b", strings.Repeat("concurrently 'x' ", 400), "run-p '*' '*' '*' '*'",
	} {
		files := fstest.MapFS{"package.json": {Data: []byte(`{"scripts":{"dev":` + quoted(script) + `,"b":"npm run c","c":"run-p dev b c"}}`)}}
		for _, look := range []func(){func() { _, _ = Look(files) }, func() { Advice(files, files, []string{"npm", "run", "dev"}) }} {
			took := time.Hour
			for range 3 { // the machine may be busy
				begun := time.Now()
				look()
				took = min(took, time.Since(begun))
			}
			if took > time.Second {
				t.Errorf("%.20s: %v", script, took)
			}
			t.Logf("%.20s: %v", script, took)
		}
	}
}
