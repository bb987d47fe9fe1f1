package proc

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What a keeper's program has open is told by the keeper's title, also of a program
// that a program of it has left behind.
func TestOpenForWritingBy(t *testing.T) {
	dir := t.TempDir()
	ids := map[string]FileID{}
	for name, title := range map[string]string{"a": "build", "b": "generation 1"} {
		file := filepath.Join(dir, name)
		c := testkit.Must(try(t, func(s *Spec) { s.Title = title }, "sh", "-c", `exec 5>"$1"; (sleep 1000 >&- <&- & ) ; echo ready $$; exec cat`, "sh", file))(t)
		c.ready("ready")
		info := testkit.Must(os.Stat(file))(t)
		ids[name], _ = IDOf(info)
	}
	own := testkit.Must(os.Create(filepath.Join(dir, "own")))(t) // as hotswap's output may be
	defer own.Close()
	ids["own"], _ = IDOf(testkit.Must(own.Stat())(t))
	build, others := OpenForWritingBy("build")
	if !build[ids["a"]] || build[ids["b"]] || others[ids["a"]] || !others[ids["b"]] || !others[ids["own"]] {
		t.Errorf("%v: %v, %v", ids, build, others)
	}
}
