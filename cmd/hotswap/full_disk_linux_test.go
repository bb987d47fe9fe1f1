package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// tinyDiskEnv makes this test binary mount a full disk on that directory, which
// only it sees.
const tinyDiskEnv = "HOTSWAP_TEST_TINY_DISK"

func mountTinyDiskAsAsked() error {
	dir := os.Getenv(tinyDiskEnv)
	if dir == "" {
		return nil
	}
	_ = os.Unsetenv(tinyDiskEnv)
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4096,mode=0700"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "full"), make([]byte, 4096), 0o600)
}

// On a full disk hotswap says once what that means, and does its work.
func TestRecordOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a mount takes root here")
	}
	dir := t.TempDir()
	cmd := asHotswap(t, "--no-watch", "--ready", "after:1ms", "--", "/bin/sh", "-c", `trap 'exit 0' TERM; while :; do sleep 0.02; done`)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	c := inContainer(t, cmd, tinyDiskEnv+"="+dir, "XDG_RUNTIME_DIR="+dir)
	c.lines("generation 1 runs")
	for _, gen := range []int{2, 3} {
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		c.lines(fmt.Sprintf("generation %d runs", gen), fmt.Sprintf("generation %d drained", gen-1))
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.exits(0)
	told := 0
	for _, line := range c.seen {
		if strings.Contains(line, "cannot write the record of this run: ") && strings.Contains(line, "no space left on device") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times:\n%s", told, strings.Join(c.seen, "\n"))
	}
}
