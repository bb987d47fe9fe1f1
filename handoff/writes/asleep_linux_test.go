package writes

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// On a busy machine a thread may get no processor for a while between its call and its sleep. That it sleeps at last
// does not show that the kernel has carried the call out: a save until then is a person's.
func TestAThreadThatSleepsLate(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a")
	testkit.NoError(t, os.WriteFile(file, nil, 0o644))
	cmd := exec.Command("sh", "-c", "echo; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; read x")
	testkit.Must(cmd.StdinPipe())(t)
	began := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	testkit.Must(began.Read(make([]byte, 1)))(t)
	w := New(dir, func() []int { return []int{os.Getpid(), cmd.Process.Pid} })
	if w.Author(file) != handoff.Others { // nothing has happened before
		t.Error("a file of nobody is the program's")
	}
	w.Note(Call{Thread: cmd.Process.Pid, By: handoff.TheProgram, Path: file})
	_, _ = asleep(cmd.Process.Pid) // where it gets no processor for so long, the change is a person's, too
	testkit.NoError(t, os.WriteFile(file, []byte("saved"), 0o644))
	if by := w.Author(file); by != handoff.Others {
		t.Errorf("the save is taken for %d's", by)
	}
}
