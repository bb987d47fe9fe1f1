package standby

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestNamed(t *testing.T) {
	a, b, c := t.TempDir(), t.TempDir(), t.TempDir()
	in := filepath.Join
	for path, text := range map[string]string{
		in(a, "dev.sh"): "#!/usr/bin/env -S sh -e\nexec node x\n", in(b, "dev env"): "", in(b, "x.json"): "",
		in(a, "pid.sh"): "#!/bin/sh\necho $$ >pid; exec node x\n", in(a, "other"): "echo >x\n",
	} {
		testkit.NoError(t, os.WriteFile(path, []byte(text), 0o755))
	}
	testkit.NoError(t, os.WriteFile(in(c, "rundev"), []byte("#!/bin/sh\necho >x\n"), 0o755))
	t.Setenv("PATH", c)
	got := Named([]string{a, b}, "sh -c './dev.sh;x' --config="+in(b, "x.json"), "dev env", a, "missing", "")
	if want := []string{in(a, "dev.sh"), in(b, "dev env"), in(b, "x.json")}; !sameSet(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	scripts := Scripts(append(got, in(a, "other"), in(a, "missing")))
	if err := Stepped(nil, scripts, false); err != nil {
		t.Errorf("harmless: %v", err)
	}
	if got, want := Mentioned([]string{b}, scripts), []string{in(b, "#!/usr/bin/env"), in(b, "-S"), in(b, "sh"),
		in(b, "-e"), in(b, "exec"), in(b, "node"), in(b, "x")}; !sameSet(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, names := range []string{"./pid.sh", "env X=1 rundev", "sh -c 'exec rundev'"} {
		if err := Stepped(nil, Scripts(Named([]string{a}, names)), false); !errors.As(err, new(handoff.Never)) {
			t.Errorf("%s, a script that writes: %v", names, err)
		}
	}
}

func sameSet(a, b []string) bool {
	set := func(l []string) map[string]bool {
		m := map[string]bool{}
		for _, s := range l {
			m[s] = true
		}
		return m
	}
	return reflect.DeepEqual(set(a), set(b))
}

func TestWay(t *testing.T) {
	procs := way(nil)
	var pids []int
	for _, p := range ProcessPath(procs, 10, 13) {
		pids = append(pids, p.PID)
	}
	if !reflect.DeepEqual(pids, []int{10, 11, 12, 13}) || ProcessPath(procs, 14, 13) != nil {
		t.Errorf("%v", pids)
	}
	procs[0].PPID = 13 // a circle
	if w := ProcessPath(procs, 99, 13); w != nil {
		t.Errorf("%v", w)
	}
}
