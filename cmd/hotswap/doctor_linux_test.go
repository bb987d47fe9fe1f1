package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// examined runs hotswap doctor --json, with system calls forbidden.
func examined(t *testing.T, forbidden ...int) (int, diagnosis) {
	t.Helper()
	cmd := asHotswap(t, "doctor", "--json")
	cmd.Dir = t.TempDir()
	for _, number := range forbidden {
		cmd.Env = append(cmd.Env, fmt.Sprint(forbidEnv, "=", number))
	}
	code, out, errOut := finished(t, cmd)
	var d diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("exit code %d: %v\n%s%s", code, err, out, errOut)
	}
	if d.Code != code {
		t.Errorf("it says code %d and ends with %d", d.Code, code)
	}
	if len(d.Findings) != len(probes()) {
		t.Errorf("%d findings of %d probes", len(d.Findings), len(probes()))
	}
	return code, d
}

func (d diagnosis) of(t *testing.T, id string) finding {
	t.Helper()
	i := slices.IndexFunc(d.Findings, func(f finding) bool { return f.ID == id })
	if i < 0 {
		t.Fatalf("no finding of %s", id)
	}
	return d.Findings[i]
}

func TestDoctorFindsThatAllWorks(t *testing.T) {
	t.Parallel()
	code, d := examined(t)
	if code != exitOK || d.Way != "intercept" {
		t.Errorf("code %d, way %s", code, d.Way)
	}
	for _, id := range []string{idSystem, idSeccomp, idWait, idKeeper, idGetFD, idMemory, idAddFD, idSteer, idLeave,
		idSockDiag, idSwap, idInotify, idEvents} {
		if f := d.of(t, id); f.Verdict != works {
			t.Errorf("%+v", f)
		}
	}
}

func TestDoctorFindsPidfdGetfdForbidden(t *testing.T) {
	t.Parallel()
	code, d := examined(t, unix.SYS_PIDFD_GETFD)
	f := d.of(t, idGetFD)
	if f.Verdict != missing || !strings.Contains(f.Text, unix.EPERM.Error()) || f.Why == "" || !strings.Contains(f.Do, "SYS_PTRACE") {
		t.Errorf("%+v", f)
	}
	if code != exitFailed || d.Way != "intercept" || len(d.Fallbacks) == 0 || !strings.Contains(d.Fallbacks[0], "ADDFD") {
		t.Errorf("code %d, way %s, fallbacks %q", code, d.Way, d.Fallbacks)
	}
	for _, id := range []string{idSeccomp, idAddFD, idSteer} {
		if f := d.of(t, id); f.Verdict != works {
			t.Errorf("%+v", f)
		}
	}
	// The swap is made, by the fallback. Whether it loses a connection in use
	// is chance, and then it says why.
	if f := d.of(t, idSwap); f.Verdict != works && !strings.Contains(f.Why, "without pidfd_getfd") {
		t.Errorf("%+v", f)
	}
}

func TestDoctorFindsSeccompForbidden(t *testing.T) {
	code, d := examined(t, unix.SYS_SECCOMP)
	if f := d.of(t, idSeccomp); f.Verdict != missing || f.Why == "" || f.Do == "" {
		t.Errorf("%+v", f)
	}
	for _, id := range []string{idMemory, idAddFD, idSwap} {
		if f := d.of(t, id); f.Verdict != apart {
			t.Errorf("%+v", f)
		}
	}
	if code != exitFailed || d.Way != "listenfds" {
		t.Errorf("code %d, way %s, fallbacks %q", code, d.Way, d.Fallbacks)
	}
}

// setsockopt forbidden: no program can be attached to a group.
func TestDoctorFindsSteeringForbidden(t *testing.T) {
	code, d := examined(t, unix.SYS_SETSOCKOPT)
	if f := d.of(t, idSteer); f.Verdict != missing || !strings.Contains(f.Why, unix.EPERM.Error()) {
		t.Errorf("%+v", f)
	}
	if code != exitUnavailable || d.Way != "plain" {
		t.Errorf("code %d, way %s", code, d.Way)
	}
}

func TestDoctorJudgesLimits(t *testing.T) {
	if f := judgeBacklog(128); f.Verdict != missing || !strings.Contains(f.Do, "somaxconn=4096") {
		t.Errorf("%+v", f)
	}
	if f := judgeBacklog(1024); f.Verdict != works {
		t.Errorf("%+v", f)
	}
	if f := judgeFiles(256); f.Verdict != missing {
		t.Errorf("%+v", f)
	}
	for _, c := range []struct {
		use     inotifyUse
		watches int
		err     error
		want    verdict
	}{
		{inotifyUse{1, 10}, 8192, nil, works},
		{inotifyUse{1, 7000}, 8192, nil, missing},
		{inotifyUse{128, 10}, 8192, unix.EMFILE, missing},
		{inotifyUse{1, 10}, 8192, errors.New("strange"), missing},
	} {
		if f := judgeInotify("", c.use, c.watches, c.err); f.Verdict != c.want {
			t.Errorf("%+v: %+v", c, f)
		}
	}
}
