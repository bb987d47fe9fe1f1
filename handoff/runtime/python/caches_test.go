package python

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestDropCaches(t *testing.T) {
	saved := time.Unix(1e9, 5e8)
	for name, tt := range map[string]struct {
		file  string
		age   time.Duration
		stays bool
	}{
		"from between two saves":       {"m.cpython-311.pyc", 400 * time.Millisecond, false},
		"from before the save":         {"m.cpython-38.opt-2.pyc", -400 * time.Millisecond, false},
		"written when no save follows": {"m.cpython-311.pyc", 2 * time.Second, true},
		"of another module":            {"mm.cpython-311.pyc", 0, true},
		"no cache":                     {"m.cpython-311.txt", 0, true},
	} {
		for _, prefix := range []string{"", t.TempDir()} {
			dir := t.TempDir()
			source, caches := filepath.Join(dir, "m.py"), filepath.Join(dir, "__pycache__")
			if prefix != "" {
				caches = filepath.Join(prefix, dir)
			}
			cache, written := filepath.Join(caches, tt.file), saved.Add(tt.age)
			testkit.NoError(t, errors.Join(os.WriteFile(source, nil, 0o600), os.Chtimes(source, saved, saved),
				os.MkdirAll(caches, 0o700), os.WriteFile(cache, nil, 0o600), os.Chtimes(cache, written, written)))
			DropCaches(source, prefix)
			if _, err := os.Stat(cache); (err == nil) != tt.stays {
				t.Errorf("%s, prefix %q: %v, want that it stays: %t", name, prefix, err, tt.stays)
			}
		}
	}
}
