package writes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/procfs"
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
	w.Note(cmd.Process.Pid, handoff.TheProgram, []string{file}, func() error { return nil })
	asleep(cmd.Process.Pid) // where it gets no processor for so long, the change is a person's, too
	save(t, w, file)
}

// With SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV a thread that gets a signal while hotswap has its call sleeps on in the
// state D, as the parent of a child of vfork(2) does: a program with a timer opened one file a second.
func TestAThreadThatOnlyADeadlySignalWakes(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	testkit.NoError(t, unix.Mkfifo(fifo, 0o600))
	const spawn = "import os, sys; os.posix_spawn('/bin/true', ['true'], {}, " +
		"file_actions=[(os.POSIX_SPAWN_OPEN, 3, sys.argv[1], os.O_RDONLY, 0)])"
	cmd := exec.Command(python, "-c", spawn, fifo)
	testkit.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() })
	t.Cleanup(func() { testkit.NoError(t, os.WriteFile(fifo, nil, 0)) }) // ends the child's wait, and so python's
	testkit.Eventually(t, func() error {
		stat, err := procfs.Of(cmd.Process.Pid).Stat()
		if err == nil && stat.State() != 'D' {
			err = fmt.Errorf("its state is %c", stat.State())
		}
		return err
	})
	began := time.Now()
	if _, ok := asleep(cmd.Process.Pid); !ok || time.Since(began) > patience/2 {
		t.Errorf("sleeps: %v, after %v", ok, time.Since(began))
	}
}
