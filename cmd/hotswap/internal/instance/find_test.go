package instance

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// The deepest directory that is this one or above it counts, whatever symbolic
// links lead there.
func TestNearest(t *testing.T) {
	root := regular.Real(t.TempDir())
	deep := filepath.Join(root, "project", "below")
	testkit.NoError(t, os.MkdirAll(deep, 0o700))
	link := filepath.Join(root, "link")
	testkit.NoError(t, os.Symlink(filepath.Join(root, "project"), link))
	var all []record.Record
	for run, dir := range map[string]string{"outer": root, "project": link, "beside": filepath.Join(root, "pro")} {
		all = append(all, record.Record{Run: run, Dir: dir})
	}
	if got := below(root, all); len(got) != 3 {
		t.Errorf("below %s there are %+v", root, got)
	}
	for dir, want := range map[string]string{
		deep: "project", filepath.Join(root, "project"): "project", filepath.Join(root, "other"): "outer",
		root:               "outer",
		filepath.Dir(root): "",
	} {
		got := ""
		for _, r := range nearest(dir, all) {
			got += r.Run
		}
		if got != want {
			t.Errorf("in %s it is %q, want %q", dir, got, want)
		}
	}
}
