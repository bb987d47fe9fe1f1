package proc

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program writes an executable file, or one that is not.
func program(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
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
}

func TestStartErrorOfTheKeeper(t *testing.T) {
	_, err := try(t, func(s *Spec) { s.Dir = "/no/such/directory" }, helper("wait")...)
	if !errors.Is(err, syscall.ENOENT) {
		t.Errorf("%v, want %v", err, syscall.ENOENT)
	}
}

// A keeper that ends before it says anything, here in its runtime's own beginning.
func TestStartErrorOfAKeeperThatEnds(t *testing.T) {
	failed := make(chan error, 1)
	go func() {
		_, err := try(t, func(s *Spec) { s.Env, s.Stdio[2] = []string{"GOMEMLIMIT=none"}, s.Stdio[1] }, helper("wait")...)
		failed <- err
	}()
	select {
	case err := <-failed:
		if se := new(StartError); !errors.As(err, &se) {
			t.Errorf("%v is no StartError", err)
		}
	case <-time.After(patience):
		t.Fatal("the start does not end")
	}
}

func TestWorkingDirectory(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got := census(t, start(t, func(s *Spec) { s.Dir = dir }, "census")).Dir; got != dir {
		t.Errorf("%s, want %s", got, dir)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got := census(t, start(t, nil, "census")).Dir; got != here {
		t.Errorf("%s, want our own", got)
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
	args := []string{"", "a b", "\xff\xfe", "ä\n", `"<>&`, strings.Repeat("x", 128<<10-1)} // the last is as long as the kernel allows
	c := start(t, nil, "arguments", args...)
	b, err := io.ReadAll(c.out)
	if err != nil {
		t.Fatal(err)
	}
	if want := quoted(args); string(b) != want {
		t.Errorf("%.200s, want %.200s", b, want)
	}
}

func TestProgramLeadsItsGroupAndTheKeeperAnother(t *testing.T) {
	c := start(t, nil, "census")
	f := census(t, c)
	if f.PID != c.PID() || f.PGID != f.PID {
		t.Errorf("program %d in group %d, told %d", f.PID, f.PGID, c.PID())
	}
	if f.PPID != c.keeper {
		t.Errorf("the program's parent is %d, the keeper %d", f.PPID, c.keeper)
	}
	w := start(t, nil, "wait")
	w.ready("wait")
	group, err := syscall.Getpgid(w.keeper)
	if err != nil || group != w.keeper {
		t.Errorf("the keeper %d is in group %d: %v", w.keeper, group, err)
	}
}

func TestKeepersTitle(t *testing.T) {
	c := start(t, func(s *Spec) { s.Title = "generation 7" }, "wait")
	c.ready("wait")
	b, err := os.ReadFile(filepath.Join("/proc", itoa(c.keeper), "cmdline"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := strings.Cut(string(b), "\x00"); got != "hotswap: generation 7" {
		t.Errorf("the keeper calls itself %q", got)
	}
}

// A program's later value of a variable wins, as os/exec has it.
func TestEnvironment(t *testing.T) {
	c := start(t, func(s *Spec) { s.Env = []string{"A=1", "B=2", "A=3", "EMPTY=", "X=a=b"} }, "census")
	got := sorted(census(t, c).Env)
	if want := []string{"A=3", "B=2", "EMPTY=", "X=a=b"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	c = start(t, func(s *Spec) { s.Env = nil }, "census")
	if got := census(t, c).Env; len(got) != 0 {
		t.Errorf("%q, want nothing", got)
	}
}

func TestListenPIDIsTheProgramsOwn(t *testing.T) {
	c := start(t, func(s *Spec) { s.Env, s.ListenPID = []string{"A=1", "LISTEN_PID=1"}, true }, "census")
	f := census(t, c)
	if want := []string{"A=1", "LISTEN_PID=" + itoa(c.PID())}; f.PID != c.PID() || !slices.Equal(sorted(f.Env), want) {
		t.Errorf("process %d, told %d, has %q, want %q", f.PID, c.PID(), f.Env, want)
	}
}

// What cannot be executed is found out too late for Start: the shim stands in
// its place already.
func TestListenPIDOfWhatCannotBeExecuted(t *testing.T) {
	c, err := try(t, func(s *Spec) { s.ListenPID, s.Stdio[2] = true, s.Stdio[1] }, program(t, "a text\n", 0o755))
	if err != nil {
		t.Fatal(err)
	}
	if e := c.exit(); e.Code != 126 {
		t.Errorf("%+v, want 126 as of a shell", e)
	}
	if got := c.line(); !strings.Contains(got, "exec format error") {
		t.Errorf("its words are %q", got)
	}
}
