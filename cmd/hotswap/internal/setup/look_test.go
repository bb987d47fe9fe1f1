package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// filesOf returns the files of a txtar archive.
func filesOf(archive *txtar.Archive) fstest.MapFS {
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
	}
	return files
}

// Each archive of testdata is a project with what hotswap init makes of it: want.yaml and
// want.old, which hotswap replaces, and want.json, the new package.json; or want.error.
func TestProjects(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive := testkit.Must(txtar.ParseFile(name))(t)
			files := filesOf(archive)
			got := map[string]string{}
			proposal, err := Look(files)
			if err != nil {
				got["want.error"] = err.Error() + "\n"
			} else {
				checkReadable(t, proposal)
				got["want.yaml"] = string(proposal.YAML())
				got["want.old"] = proposal.Old + "\n"
				got["want.json"] = string(proposal.Manifest())
			}
			if os.Getenv("UPDATE") != "" {
				update(t, name, archive, got)
				return
			}
			for _, want := range []string{"want.yaml", "want.error", "want.old", "want.json"} {
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

// update writes what the test gets into the archive.
func update(t *testing.T, name string, archive *txtar.Archive, got map[string]string) {
	var files []txtar.File
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "want.") {
			files = append(files, f)
		}
	}
	for _, want := range []string{"want.error", "want.yaml", "want.old", "want.json"} {
		if text := got[want]; text != "" {
			files = append(files, txtar.File{Name: want, Data: []byte(text)})
		}
	}
	archive.Files = files
	testkit.NoError(t, os.WriteFile(name, txtar.Format(archive), 0o644))
}
