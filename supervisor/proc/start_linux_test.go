package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// program writes an executable file, or one that is not.
func program(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	testkit.NoError(t, os.WriteFile(path, []byte(text), mode))
	return path
}

func TestStartError(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		want syscall.Errno
	}{
		"no such command":    {"no-such-command-anywhere", syscall.ENOENT},
		"no such file":       {"/no/such/file", syscall.ENOENT},
		"no permission":      {program(t, "#!/bin/sh\n", 0o644), syscall.EACCES},
		"a directory":        {t.TempDir(), syscall.EISDIR},
		"no format":          {program(t, "a text\n", 0o755), syscall.ENOEXEC},
		"no interpreter":     {program(t, "#!/no/such/shell\n", 0o755), syscall.ENOENT},
		"a very long name":   {strings.Repeat("x", 5000), syscall.ENOENT},
		"a long path":        {"/" + strings.Repeat("x", 5000), syscall.ENAMETOOLONG},
		"an empty file name": {"", syscall.ENOENT},
	} {
		_, err := try(t, nil, c.path, "argument")
		var se *StartError
		if !errors.As(err, &se) || se.Argv[0] != c.path {
			t.Errorf("%s: %v is no StartError", name, err)
			continue
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := try(t, func(s *Spec) { s.Dir = "/no/such/directory" }, helper("wait")...); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("no such directory: %v", err)
	}
}

// A keeper that ends before it says anything, here in its runtime's own beginning.
func TestStartErrorOfAKeeperThatEnds(t *testing.T) {
	EndIdle()
	t.Setenv("GOMEMLIMIT", "none")
	_, err := try(t, nil, helper("wait")...)
	if se := new(StartError); !errors.As(err, &se) {
		t.Errorf("%v is no StartError", err)
	}
}

// As a shell does it: from the program's own directory and PATH, even where
// PATH has a relative directory (./node_modules/.bin), which os/exec refuses.
func TestCommandIsFoundInTheProgramsPath(t *testing.T) {
	path := program(t, "#!/bin/sh\necho found\n", 0o755)
	dir, name := filepath.Dir(path), filepath.Base(path)
	for _, where := range []string{"PATH=/nowhere:" + dir, "PATH=.", "PATH=../" + filepath.Base(dir)} {
		c, err := try(t, func(s *Spec) { s.Dir, s.Env = dir, []string{where} }, name)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if got := c.line(); got != "found" {
			t.Errorf("%s: %q", where, got)
		}
	}
}

// Arguments are bytes, and need not be valid UTF-8.
func TestArgumentsArriveAsTheyAre(t *testing.T) {
	// the last is as long as the kernel allows
	args := []string{"", "a b", "\xff\xfe", "ä\n", `"<>&`, strings.Repeat("x", 128<<10-1)}
	c := start(t, nil, "arguments", args...)
	b := testkit.Must(io.ReadAll(c.out))(t)
	if want := fmt.Sprintf("%q\n", args); string(b) != want {
		t.Errorf("%.200s, want %.200s", b, want)
	}
}

// A program's later value of a variable wins, as os/exec has it; LISTEN_PID is the program's own number.
func TestProgramHasWhatItIsGiven(t *testing.T) {
	dir := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	for _, own := range []bool{false, true} {
		c := start(t, func(s *Spec) {
			s.Dir, s.Env, s.ListenPID = dir, []string{"A=1", "B=2", "A=3", "EMPTY=", "LISTEN_PID=1", "X=a=b"}, own
		}, "census")
		f := census(t, c)
		want := []string{"A=3", "B=2", "EMPTY=", "LISTEN_PID=1", "X=a=b"}
		if own {
			want[3] = "LISTEN_PID=" + strconv.Itoa(c.PID())
		}
		slices.Sort(f.Env)
		if f.Dir != dir || !slices.Equal(f.Env, want) || f.PID != c.PID() || f.PGID != f.PID || f.PPID != c.keeper.pid {
			t.Errorf("%+v, want %q in %s, process %d below %d", f, want, dir, c.PID(), c.keeper.pid)
		}
	}
	here, err := os.Getwd()
	if f := census(t, start(t, func(s *Spec) { s.Env = nil }, "census")); err != nil || f.Dir != here ||
		len(f.Env) != 0 {
		t.Errorf("%+v, want nothing in %s", f, here)
	}
}
