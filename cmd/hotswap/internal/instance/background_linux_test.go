package instance

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/flock"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// One of this user's hotswaps starts in a folder at a time. Another user, who can lock the folder, keeps nobody from
// that.
func TestTurn(t *testing.T) {
	home, folder := t.TempDir(), t.TempDir()
	testkit.NoError(t, os.Chmod(home, 0o700), os.Chmod(filepath.Dir(folder), 0o755), os.Chmod(folder, 0o755))
	t.Setenv("XDG_RUNTIME_DIR", home)
	t.Chdir(folder)
	now, cancel := context.WithCancel(t.Context())
	cancel()
	lock := testkit.Must(lockFolder(now))(t)
	if _, err := lockFolder(now); !errors.Is(err, flock.ErrLocked) {
		t.Errorf("the second: %v", err)
	}
	testkit.NoError(t, lock.Close())
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	other := func(path string) *exec.Cmd {
		cmd := exec.Command("flock", "-n", path, "sh", "-c", "echo held; exec cat")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		return cmd
	}
	if err := other(testkit.Must(record.Home())(t).Lock(regular.Real(folder))).Run(); err == nil {
		t.Error("another user can hold the lock")
	}
	holds := other(".")
	stdin, stdout := testkit.Must(holds.StdinPipe())(t), testkit.Must(holds.StdoutPipe())(t)
	testkit.NoError(t, holds.Start())
	defer holds.Wait()
	defer stdin.Close()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	testkit.NoError(t, testkit.Must(lockFolder(now))(t).Close())
}
