package standby

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A manifest is read anew only when its file's state is another one, and always while it is so young that
// a change may not show in that.
func TestManifestIsReadWhenItChanges(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "package.json")
	put := func(name string, at time.Time) {
		t.Helper()
		testkit.NoError(t, os.WriteFile(path, []byte(`{"dependencies":{"`+name+`":"1"}}`), 0o600))
		testkit.NoError(t, os.Chtimes(path, at, at))
	}
	old, now := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for i, c := range []struct {
		write string
		at    time.Time
		want  string
	}{{"a", old, "a"}, {"b", old, "a"}, {"c", old.Add(time.Second), "c"}, {"d", now, "d"}, {"e", now, "e"}} {
		put(c.write, c.at)
		if m, ok := ReadManifest(dir); !ok || !slices.Equal(m.Needs(), []string{c.want}) {
			t.Errorf("%d: %v, want %s", i, m.Needs(), c.want)
		}
	}
	testkit.NoError(t, os.Remove(path))
	if m, ok := ReadManifest(dir); ok || len(m.Needs()) > 0 {
		t.Errorf("of none: %+v", m)
	}
}
