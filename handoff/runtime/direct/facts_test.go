package direct

import (
	"io"
	"maps"
	"os/exec"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestDiffers(t *testing.T) {
	one := func(name, value string) facts {
		f := facts{values: map[string]string{"Uid": "1", "Umask": "0022", "limits": "a", "session": "5", "Seccomp_filters": "1"}, files: map[int]string{0: "/dev/null", 1: "pipe:[1]", 2: "pipe:[2]", 3: "anon_inode:[eventpoll]"}}
		f.values[name] = value
		return f
	}
	same := one("Umask", "0022")
	with := func(n int, to string) facts {
		f := same
		f.files = maps.Clone(f.files)
		f.files[n] = to
		return f
	}
	for why, c := range map[string]struct{ keeper, first, program, above facts }{
		"":                  {one("Seccomp_filters", "0"), same, with(9, "socket:[9]"), with(8, "socket:[8]")},
		"Uid is not the":    {same, one("Uid", "0"), same, same},
		"Umask is not":      {same, same, one("Umask", "0077"), same},
		"limits is not":     {same, same, one("limits", "b"), same},
		"session is not":    {same, same, one("session", "9"), same},
		"filters is not":    {one("Seccomp_filters", "0"), same, one("Seccomp_filters", "2"), same},
		"descriptor 1 of":   {same, same, with(1, "/p/log"), same},
		"has descriptor 20": {same, same, with(3, "pipe:[9]"), with(20, "pipe:[9]")},
		"has descriptor 21": {same, same, with(3, "/p/lock"), with(21, "/p/lock")},
	} {
		err := differs(c.keeper, c.first, c.program, []facts{c.above})
		if why == "" && err != nil || why != "" && (err == nil || !strings.Contains(err.Error(), why)) {
			t.Errorf("%q: %v", why, err)
		}
	}
}

// What wrappers leave in a process that they become is seen there.
func TestFactsOfProcesses(t *testing.T) {
	runs := func(command ...string) facts {
		t.Helper()
		cmd := exec.Command(command[0], command[1:]...)
		in, out := testkit.Must(cmd.StdinPipe())(t), testkit.Must(cmd.StdoutPipe())(t)
		testkit.NoError(t, cmd.Start())
		_, _ = io.WriteString(in, "x")
		_, _ = io.ReadFull(out, make([]byte, 1)) // so cat runs
		f := testkit.Must(look(cmd.Process.Pid))(t)
		_ = in.Close()
		testkit.NoError(t, cmd.Wait())
		f.files = nil // of three pipes
		return f
	}
	plain := runs("cat")
	if err := differs(plain, plain, runs("cat"), nil); err != nil && !strings.Contains(err.Error(), "process group") {
		t.Error(err)
	}
	for why, wrapper := range map[string]string{
		"nice":          "exec nice -n 1 cat",
		"oom_score_adj": "echo 900 >/proc/self/oom_score_adj; exec cat",
		"Umask":         "umask 055; exec cat",
		"limits":        "ulimit -f 1000000; exec cat",
	} {
		if err := differs(plain, plain, runs("sh", "-c", wrapper), nil); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", wrapper, err)
		}
	}
}
