package setup

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Each archive of testdata is a project with what hotswap init makes of it: want.yaml and
// want.old, which hotswap replaces; or want.error.
func TestProjects(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive := testkit.Must(txtar.ParseFile(name))(t)
			files := fstest.MapFS{}
			for _, f := range archive.Files {
				files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
			}
			got := map[string]string{}
			proposal, err := Propose(files)
			if err != nil {
				got["want.error"] = err.Error() + "\n"
			} else {
				checkReadable(t, proposal)
				got["want.yaml"] = string(proposal.YAML())
				got["want.old"] = proposal.Old + "\n"
			}
			for _, want := range []string{"want.yaml", "want.error", "want.old"} {
				wanted := ""
				if f := files[want]; f != nil {
					wanted = string(f.Data)
				}
				if got[want] != wanted {
					t.Errorf("%s:\n%s\nwanted:\n%s", want, got[want], wanted)
				}
			}
		})
	}
}
