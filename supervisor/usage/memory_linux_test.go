package usage

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What a group may still take is its limit without what it has, and what it has of
// idle files is not counted.
func TestGroupLeft(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  uint64
		ok    bool
	}{
		"a limit": {map[string]string{"memory.max": "1000\n", "memory.current": "700\n",
			"memory.stat": "anon 5\ninactive_file 200\n"}, 500, true},
		"above its limit":     {map[string]string{"memory.max": "1000\n", "memory.current": "1700\n"}, 0, true},
		"no limit":            {map[string]string{"memory.max": "max\n", "memory.current": "700\n"}, 0, false},
		"the group of groups": {nil, 0, false},
	} {
		dir := t.TempDir()
		for file, text := range c.files {
			testkit.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
		}
		if got, ok := groupLeft(dir); got != c.want || ok != c.ok {
			t.Errorf("%s: %d %v, want %d %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestMemoryOfThisProcess(t *testing.T) {
	mine := MemoryOf([]int{os.Getpid(), 1 << 30}) // the second does not exist
	left, ok := MemoryLeft()
	if mine < 1<<20 || mine > 1<<32 || !ok || left == 0 {
		t.Errorf("this process takes %d, and %d is left (%v)", mine, left, ok)
	}
}
