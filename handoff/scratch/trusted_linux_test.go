package scratch

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// stranger is another user's number.
const stranger = 65534

// What leads to a path is made of real folders and symbolic links, of two users.
func TestTrusted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give folders to another user")
	}
	for _, c := range []struct {
		what string
		make func(dir string) error
		path string
		want string // "": it is trusted
	}{
		{"ours", func(d string) error { return os.Mkdir(d+"/a", 0o755) }, "a", ""},
		{"not there yet", func(string) error { return nil }, "a/b/c", ""},
		{"another user's folder", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Chown(d+"/a", stranger, stranger))
		}, "a", "belongs to another user"},
		{"below another user's", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chown(d+"/a", stranger, stranger))
		}, "a/b", "belongs to another user"},
		{"not there yet, below another user's", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Chown(d+"/a", stranger, stranger))
		}, "a/b", "belongs to another user"},
		{"the group may write above", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o775))
		}, "a/b", "others may write"},
		{"all may write above", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o777))
		}, "a/b", "others may write"},
		{"all may write above, and it is sticky", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o777|os.ModeSticky))
		}, "a/b", ""},
		{"another user's in a sticky one", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o777|os.ModeSticky),
				os.Chown(d+"/a/b", stranger, stranger))
		}, "a/b", "belongs to another user"},
		{"our link", func(d string) error { return errors.Join(os.Mkdir(d+"/a", 0o755), os.Symlink("a", d+"/l")) },
			"l/x", ""},
		{"another user's link to ours", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Symlink("a", d+"/l"), os.Lchown(d+"/l", stranger, stranger))
		}, "l/x", "belongs to another user"},
		{"our link to another user's", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Chown(d+"/a", stranger, stranger),
				os.Symlink(d+"/a", d+"/l"))
		}, "l/x", "belongs to another user"},
		{"our link through a folder that all may write to", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o777),
				os.Symlink("../"+filepath.Base(d)+"/a/b", d+"/l"))
		}, "l", "others may write"},
		{"our link, and back by what it leads to", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Mkdir(d+"/a/c", 0o755),
				os.Chown(d+"/a/c", stranger, stranger),
				os.Mkdir(d+"/c", 0o755), os.Symlink("a/b", d+"/l"), os.Symlink("l/../c", d+"/m"))
		}, "m", "belongs to another user"},
		{"links in a circle", func(d string) error {
			return errors.Join(os.Symlink("m", d+"/l"), os.Symlink("l", d+"/m"))
		}, "l", "too many symbolic links"},
		{"another user's file", func(d string) error {
			return errors.Join(os.WriteFile(d+"/f", nil, 0o644), os.Chown(d+"/f", stranger, stranger))
		}, "f", "belongs to another user"},
	} {
		dir := t.TempDir()
		testkit.NoError(t, c.make(dir))
		if err := Trusted(filepath.Join(dir, c.path)); (err == nil) != (c.want == "") ||
			err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
	for _, path := range []string{"a", "", "./a"} {
		if Trusted(path) == nil {
			t.Errorf("%q is trusted", path)
		}
	}
}

// envTrusted has TestNameless say of the paths in it, in a process of its own, whether
// they are trusted.
const envTrusted = "HANDOFF_TEST_TRUSTED"

// In a user namespace with one user, as unshare -Ur makes it, everything that is not
// that user's has the same owner.
func TestNameless(t *testing.T) {
	if paths, ok := os.LookupEnv(envTrusted); ok {
		for path := range strings.SplitSeq(paths, ":") {
			if err := Trusted(path); err != nil {
				os.Stdout.WriteString("no\n")
			} else {
				os.Stdout.WriteString("yes\n")
			}
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give folders to other users")
	}
	const user, stranger = 1234, 1235
	dir := t.TempDir()
	err := errors.Join(os.Chown(filepath.Dir(dir), user, user), os.Chown(dir, user, user),
		os.Chmod(dir, 0o777|os.ModeSticky))
	for _, f := range []struct {
		name string
		mode os.FileMode
		uid  int
	}{
		{"ours", 0o755, user}, {"ours/another's", 0o755, stranger}, {"ours/open", 0o777, user},
		{"ours/theirs, open", 0o777, stranger},
		{"another's", 0o755, stranger}, {"another's/a", 0o755, user},
	} {
		at := filepath.Join(dir, f.name)
		err = errors.Join(err, os.Mkdir(at, 0o755), os.Chmod(at, f.mode), os.Chown(at, f.uid, f.uid))
	}
	err = errors.Join(err, os.Symlink("another's", dir+"/link"), os.Lchown(dir+"/link", user, user))
	testkit.NoError(t, err)
	rows := []struct {
		path string
		want string
	}{
		{"/", "yes"},
		{"/tmp", "yes"},
		{dir, "yes"},
		{dir + "/ours/a", "yes"},
		{dir + "/ours/another's/a", "yes"}, // it may be the root's outside, whom the namespace does not have
		{dir + "/ours/open/a", "no"},
		{dir + "/ours/theirs, open/a", "no"},
		{dir + "/another's", "no"}, // anybody may have made it
		{dir + "/another's/a", "no"},
		{dir + "/link/a", "no"},
	}
	var paths, want []string
	for _, r := range rows {
		paths, want = append(paths, r.path), append(want, r.want)
	}
	// The path of the test binary leads through folders that the user may not enter.
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestNameless$")
	cmd.Env = append(os.Environ(), envTrusted+"="+strings.Join(paths, ":"))
	one := []syscall.SysProcIDMap{{ContainerID: 0, HostID: user, Size: 1}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: one, GidMappings: one,
		Credential: &syscall.Credential{}}
	out, err := cmd.Output()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) {
		t.Skip("user namespaces are forbidden here")
	}
	got := strings.Split(string(out), "\n")
	if err != nil || len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("%v, %q, want %q of %q", err, got, want, paths)
	}
}

// Root makes no folder where a link of another user leads.
func TestMakeState(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give folders to another user")
	}
	dir := t.TempDir()
	home, secret := filepath.Join(dir, "home"), filepath.Join(dir, "secret")
	testkit.NoError(t, errors.Join(os.Mkdir(home, 0o755), os.Mkdir(secret, 0o755),
		os.Symlink(secret, filepath.Join(home, "state")), os.Lchown(filepath.Join(home, "state"), stranger, stranger)))
	if err := MakeState(filepath.Join(home, "state", "hotswap")); err == nil ||
		!strings.Contains(err.Error(), "belongs to another user") {
		t.Errorf("a folder is made below another user's link: %v", err)
	}
	if entries, err := os.ReadDir(secret); len(entries) > 0 || err != nil {
		t.Errorf("%v, %v", entries, err)
	}
	if err := MakeState(filepath.Join(home, "own", "hotswap")); err != nil {
		t.Error(err)
	}
}
