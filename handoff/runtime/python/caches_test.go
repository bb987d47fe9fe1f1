package python

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestDropCaches(t *testing.T) {
	saved := time.Unix(1e9, 5e8)
	const size = 6
	for name, tt := range map[string]struct {
		file  string
		flags uint32
		time  int64
		size  uint32
		age   time.Duration
		stays bool
	}{
		"from between two saves":       {"m.cpython-311.pyc", 0, 1e9, size, 400 * time.Millisecond, false},
		"from before the save":         {"m.cpython-311.pyc", 0, 1e9, size, -400 * time.Millisecond, false},
		"optimized":                    {"m.cpython-38.opt-2.pyc", 0, 1e9, size, 0, false},
		"written when no save follows": {"m.cpython-311.pyc", 0, 1e9, size, 2 * time.Second, true},
		"of another second":            {"m.cpython-311.pyc", 0, 1e9 - 1, size, 0, true},
		"of another size":              {"m.cpython-311.pyc", 0, 1e9, size + 1, 0, true},
		"by hash":                      {"m.cpython-311.pyc", 3, 1e9, size, 0, true},
		"of another module":            {"mm.cpython-311.pyc", 0, 1e9, size, 0, true},
		"no cache":                     {"m.cpython-311.txt", 0, 1e9, size, 0, true},
	} {
		for _, prefix := range []string{"", t.TempDir()} {
			dir := t.TempDir()
			source, caches := filepath.Join(dir, "m.py"), filepath.Join(dir, "__pycache__")
			if prefix != "" {
				caches = filepath.Join(prefix, dir)
			}
			cache := filepath.Join(caches, tt.file)
			head := []byte("magc")
			for _, n := range []uint32{tt.flags, uint32(tt.time), tt.size} {
				head = binary.LittleEndian.AppendUint32(head, n)
			}
			written := saved.Add(tt.age)
			testkit.NoError(t, errors.Join(os.WriteFile(source, make([]byte, size), 0o600), os.Chtimes(source, saved, saved),
				os.MkdirAll(caches, 0o700), os.WriteFile(cache, head, 0o600), os.Chtimes(cache, written, written)))
			DropCaches(source, prefix)
			if _, err := os.Stat(cache); (err == nil) != tt.stays {
				t.Errorf("%s, prefix %q: %v, want that it stays: %t", name, prefix, err, tt.stays)
			}
		}
	}
	DropCaches(filepath.Join(t.TempDir(), "gone.py"), "")
}
