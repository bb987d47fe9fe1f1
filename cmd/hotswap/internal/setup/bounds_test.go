package setup

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// Files that others have made to be slow take no time: a run begins with such a look.
func TestLongScriptsTakeNoTime(t *testing.T) {
	for _, script := range []string{
		strings.Repeat("(", 4000), strings.Repeat("$(( (", 800), strings.Repeat("a&&", 1300) + "nodemon x", strings.Repeat("nodemon x&&", 350) + "b",
		strings.Repeat("cd a;", 800) + "nodemon b", strings.Repeat("a|", 2000) + "b", strings.Repeat("concurrently 'x' ", 230), "run-p '*' '*' '*' '*'",
		"run-p " + strings.Repeat("{a,a}", 24),
	} {
		files := fstest.MapFS{"package.json": {Data: []byte(`{"scripts":{"dev":` + quoted(script) + `,"b":"npm run c","c":"run-p dev b c",` + quoted(strings.Repeat("a", 25)) + `:"x"}}`)}}
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

// Each {a,b} doubles what a pattern stands for.
func TestBracesOfWorkspacesTakeNoTime(t *testing.T) {
	files := fstest.MapFS{"package.json": {Data: []byte(`{"workspaces": ["` + strings.Repeat("{a,b}", 24) + `"]}`)}}
	done := make(chan struct{})
	go func() { defer close(done); _, _ = Look(files) }()
	select {
	case <-done:
	case <-time.After(3 * time.Minute):
		t.Fatal("init hangs")
	}
}

// stuck is a folder whose files never open.
type stuck struct{}

func (stuck) Open(string) (fs.File, error) { select {} }

func TestLookGivesUp(t *testing.T) {
	if _, err := LookWithin(time.Millisecond, stuck{}); !errors.Is(err, ErrRefused) {
		t.Errorf("%v", err)
	}
}
