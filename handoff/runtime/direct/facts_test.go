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
		f := facts{values: map[string]string{"Uid": "1", "Umask": "0022", "cgroup": "a", "Seccomp_filters": "1", "descriptor 1": "pipe:[1]"}}
		f.values[name] = value
		return f
	}
	same := one("Umask", "0022")
	for why, c := range map[string]struct{ keeper, first, program facts }{
		"":                {one("Seccomp_filters", "0"), same, same},
		"Uid is not the":  {same, one("Uid", "0"), same},
		"Umask is not":    {same, same, one("Umask", "0077")},
		"cgroup is not":   {same, same, one("cgroup", "b")},
		"filters is not":  {one("Seccomp_filters", "0"), same, one("Seccomp_filters", "2")},
		"descriptor 1 is": {same, same, one("descriptor 1", "/p/log")},
	} {
		err := differs(c.keeper, c.first, c.program)
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
		maps.DeleteFunc(f.values, func(name, _ string) bool { return strings.HasPrefix(name, "descriptor") }) // pipes
		return f
	}
	plain := runs("cat")
	if plain.age < 0 || plain.age > testkit.Patience {
		t.Errorf("began %v ago", plain.age)
	}
	testkit.NoError(t, differs(plain, plain, runs("cat")))
	if err := differs(plain, plain, runs("sh", "-c", "umask 055; exec cat")); err == nil || !strings.Contains(err.Error(), "Umask") {
		t.Error(err)
	}
}
