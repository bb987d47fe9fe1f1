package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/doctor"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"golang.org/x/sys/unix"
)

// examined runs hotswap doctor --json, with system calls forbidden.
func examined(t *testing.T, forbidden ...int) (int, doctor.Diagnosis) {
	t.Helper()
	cmd := asHotswap(t, "doctor", "--json")
	cmd.Dir = t.TempDir()
	cmd.Env = append(cmd.Env, forbidEnv+"="+strings.Trim(fmt.Sprint(forbidden), "[]"))
	code, out, errOut := finished(t, cmd)
	var d doctor.Diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("exit code %d: %v\n%s%s", code, err, out, errOut)
	}
	if d.Code != code {
		t.Errorf("it says code %d and ends with %d", d.Code, code)
	}
	return code, d
}

func findingOf(t *testing.T, d doctor.Diagnosis, id string) doctor.Finding {
	t.Helper()
	i := slices.IndexFunc(d.Findings, func(f doctor.Finding) bool { return f.ID == id })
	if i < 0 {
		t.Fatalf("no finding of %s", id)
	}
	return d.Findings[i]
}

func TestDoctorFindsThatAllWorks(t *testing.T) {
	t.Parallel()
	code, d := examined(t)
	if code != exit.OK || d.Mechanism != "intercept" {
		t.Errorf("code %d, way %s", code, d.Mechanism)
	}
	for _, id := range []string{doctor.IDSystem, doctor.IDSeccomp, doctor.IDKeeper, doctor.IDGetFD, doctor.IDMemory, doctor.IDAddFD, doctor.IDSteer,
		doctor.IDSockDiag, doctor.IDSwap, doctor.IDInotify} {
		if f := findingOf(t, d, id); f.Verdict != doctor.Works {
			t.Errorf("%+v", f)
		}
	}
}

func TestDoctorFindsPidfdGetfdForbidden(t *testing.T) {
	t.Parallel()
	code, d := examined(t, unix.SYS_PIDFD_GETFD)
	f := findingOf(t, d, doctor.IDGetFD)
	if f.Verdict != doctor.Missing || !strings.Contains(f.Text, unix.EPERM.Error()) || f.Why == "" || !strings.Contains(f.Do, "SYS_PTRACE") {
		t.Errorf("%+v", f)
	}
	if code != exit.CodeFailed || d.Mechanism != "intercept" || len(d.Fallbacks) == 0 || !strings.Contains(d.Fallbacks[0], "ADDFD") {
		t.Errorf("code %d, way %s, fallbacks %q", code, d.Mechanism, d.Fallbacks)
	}
	for _, id := range []string{doctor.IDSeccomp, doctor.IDAddFD, doctor.IDSteer} {
		if f := findingOf(t, d, id); f.Verdict != doctor.Works {
			t.Errorf("%+v", f)
		}
	}
	// Whether the swap loses a connection in use is chance, and then it says why.
	if f := findingOf(t, d, doctor.IDSwap); f.Verdict != doctor.Works && !strings.Contains(f.Why, "without pidfd_getfd") {
		t.Errorf("%+v", f)
	}
}

func TestDoctorFindsSeccompForbidden(t *testing.T) {
	code, d := examined(t, unix.SYS_SECCOMP)
	if f := findingOf(t, d, doctor.IDSeccomp); f.Verdict != doctor.Missing || f.Why == "" || f.Do == "" {
		t.Errorf("%+v", f)
	}
	for _, id := range []string{doctor.IDMemory, doctor.IDAddFD, doctor.IDSwap} {
		if f := findingOf(t, d, id); f.Verdict != doctor.NotApplicable {
			t.Errorf("%+v", f)
		}
	}
	if code != exit.CodeFailed || d.Mechanism != "listenfds" {
		t.Errorf("code %d, way %s, fallbacks %q", code, d.Mechanism, d.Fallbacks)
	}
}

// setsockopt forbidden: no program can be attached to a group.
func TestDoctorFindsSteeringForbidden(t *testing.T) {
	code, d := examined(t, unix.SYS_SETSOCKOPT)
	if f := findingOf(t, d, doctor.IDSteer); f.Verdict != doctor.Missing || !strings.Contains(f.Why, unix.EPERM.Error()) {
		t.Errorf("%+v", f)
	}
	if code != exit.CodeUnavailable || d.Mechanism != "plain" {
		t.Errorf("code %d, way %s", code, d.Mechanism)
	}
}
