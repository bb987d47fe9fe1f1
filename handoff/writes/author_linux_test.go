package writes

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// opened returns the accounts of new files, each of which the program has opened once.
func opened(t *testing.T, tree func() []int, files ...string) *Writes {
	w := New(filepath.Dir(files[0]), tree)
	for _, name := range files {
		testkit.NoError(t, os.WriteFile(name, nil, 0o644))
		w.follows(name)
		_, _ = unix.InotifyAddWatch(w.reports, name, unix.IN_CLOSE_WRITE)
		w.files[name] = &account{opened: 1, by: handoff.TheProgram}
	}
	return w
}

// save has a person write the file.
func save(t *testing.T, w *Writes, file string) {
	t.Helper()
	testkit.NoError(t, os.WriteFile(file, []byte("saved"), 0o644))
	if by := w.Author(file); by != handoff.Others {
		t.Errorf("the save is taken for %d's", by)
	}
}

// A save is a person's also while the program writes so much that hotswap can compare nothing for a while.
func TestASaveAmongManyReports(t *testing.T) {
	dir, looks := t.TempDir(), 0
	kept, other := filepath.Join(dir, "kept"), filepath.Join(dir, "other")
	w := opened(t, func() []int {
		looks++
		if looks < 10 {
			_ = os.WriteFile(other, nil, 0o644)
		}
		return []int{os.Getpid()}
	}, kept, other)
	defer testkit.Must(os.OpenFile(kept, os.O_RDWR, 0))(t).Close()
	save(t, w, kept)
}

// What the kernel has reported of a folder that is gone is nobody's write in one that has got its name.
func TestAFileOfANewFolder(t *testing.T) {
	dist := t.TempDir()
	file := filepath.Join(dist, "a")
	w := opened(t, func() []int { return nil }, file)
	testkit.NoError(t, os.RemoveAll(dist))
	testkit.NoError(t, os.Mkdir(dist, 0o755))
	w.Note(-1, handoff.TheProgram, []string{file}, func() error { return nil }) // a thread that has ended
	testkit.NoError(t, os.WriteFile(file, nil, 0o644))
	if by := w.Author(file); by != handoff.TheProgram {
		t.Errorf("its write is taken for %d's", by)
	}
}

// init is a process of many threads that has a file open.
func init() {
	name := os.Getenv("WRITES_TEST_KEEPS")
	if name == "" {
		return
	}
	_, _ = unix.Open(name, unix.O_WRONLY, 0)
	for range 30 {
		go func() { runtime.LockOSThread(); select {} }()
	}
	_, _ = os.Stdout.WriteString("here")
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

// A process shows no descriptors any more as soon as its first thread ends, long before the last one closes them.
func TestASaveWhileAProcessEnds(t *testing.T) {
	for range 5 {
		file := filepath.Join(t.TempDir(), "a")
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), "WRITES_TEST_KEEPS="+file)
		w := opened(t, func() []int { return []int{cmd.Process.Pid} }, file)
		in := testkit.Must(cmd.StdinPipe())(t)
		out := testkit.Must(cmd.StdoutPipe())(t)
		testkit.NoError(t, cmd.Start())
		testkit.Must(out.Read(make([]byte, 4)))(t)
		in.Close()
		for len(openForWriting(w.tree())) > 0 {
		}
		save(t, w, file)
		testkit.NoError(t, cmd.Wait())
	}
}
