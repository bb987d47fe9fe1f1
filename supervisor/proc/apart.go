package proc

import (
	"os/exec"
	"syscall"
)

// RunApart runs a command, which has a context, in a process group of its own: a terminal's Ctrl-C does not reach the
// command. When the context ends, the whole group is killed.
func RunApart(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := keepers.start(cmd); err != nil {
		return err
	}
	err := cmd.Wait()
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	delete(keepers.apart, cmd.Process.Pid)
	return err
}

// start starts a command that is no stray, although it is in another process group.
func (k *keeperSet) start(cmd *exec.Cmd) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := cmd.Start()
	if err == nil {
		k.apart[cmd.Process.Pid] = true
	}
	return err
}
