package proc

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// another makes the program run as another user with a supplementary group.
func another(t *testing.T, s *Spec) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may become another user")
	}
	s.As = &syscall.Credential{Uid: 65534, Gid: 65534, Groups: []uint32{65000}}
}

func setMarker(marker string) {
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	keepers.marker = marker
}

// The keeper is root's, and nothing that the program's user says to the loader, to Go's runtime or to the shim counts there.
func TestKeeperOfAnotherUserHasNotItsEnvironment(t *testing.T) {
	env := []string{"+A=1", "A=+1", "GOMEMLIMIT=none", "LD_BIND_NOW=1", "PATH=/usr/bin:/bin", programEnv + "=/bin/false"}
	marker := newMarker()
	want := append(env, marker)
	for _, marker := range []string{"", marker} {
		setMarker(marker)
		t.Cleanup(func() { setMarker("") })
		c := testkit.Must(try(t, func(s *Spec) { another(t, s); s.Env = want }, "cat", "/proc/self/environ", "-"))(t)
		var got []string
		for range want {
			kv, err := c.out.ReadString(0)
			if err != nil {
				t.Fatalf("%q, %v", got, err)
			}
			got = append(got, strings.TrimSuffix(kv, "\x00"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("the program has %q, want %q", got, want)
		}
		b := testkit.Must(os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.keeper), "environ")))(t)
		for kv := range strings.SplitSeq(strings.TrimSuffix(string(b), "\x00"), "\x00") {
			if name, _, _ := strings.Cut(kv, "="); kv != marker && name != "PATH" && name != keeperEnv && !strings.HasPrefix(kv, "+") {
				t.Errorf("the keeper has %q", kv)
			}
		}
		if marker != "" && !marked(c.keeper, marker) {
			t.Error("the keeper lacks the marker")
		}
	}
}

// A folder that the user's supplementary group opens, and not root's.
func TestCommandIsFoundWithTheGroupsOfItsUser(t *testing.T) {
	path := program(t, "#!/bin/sh\necho found\n", 0o755)
	dir := filepath.Dir(path)
	if err := errors.Join(os.Chown(dir, 0, 65000), os.Chmod(dir, 0o750)); err != nil && os.Getuid() == 0 {
		t.Fatal(err)
	}
	c := testkit.Must(try(t, func(s *Spec) { another(t, s); s.Dir = dir }, "./"+filepath.Base(path)))(t)
	if got := c.line(); got != "found" {
		t.Errorf("%q", got)
	}
}
