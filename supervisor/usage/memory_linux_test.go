package usage

import (
	"math"
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
	}{
		"a limit": {map[string]string{"memory.max": "1000\n", "memory.current": "700\n",
			"memory.stat": "anon 5\ninactive_file 200\n"}, 500},
		"above its limit":     {map[string]string{"memory.max": "1000\n", "memory.current": "1700\n"}, 0},
		"no limit":            {map[string]string{"memory.max": "max\n", "memory.current": "700\n"}, math.MaxUint64},
		"the group of groups": {nil, math.MaxUint64},
	} {
		dir := t.TempDir()
		for file, text := range c.files {
			testkit.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
		}
		if got := groupLeft(dir); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestMemoryOfThisProcess(t *testing.T) {
	mine := MemoryOf([]int{os.Getpid(), 1 << 30}) // the second does not exist
	left := MemoryLeft()
	if mine < 1<<20 || mine > 1<<32 || left == 0 || left == math.MaxUint64 {
		t.Errorf("this process takes %d, and %d is left", mine, left)
	}
}
