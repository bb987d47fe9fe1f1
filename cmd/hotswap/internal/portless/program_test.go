package portless

import (
	"os"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestRemember(t *testing.T) {
	state := t.TempDir() + "/state/tasks"
	home := func() (string, error) { return state, nil }
	for i, c := range []struct {
		notices []report.Notice
		then    bool
	}{
		{nil, false},
		{[]report.Notice{report.NoticeNotListening{}}, false}, // it is known to be a server
		{[]report.Notice{report.NoticeRunning{}}, true},
		{nil, true}, // it ended before anything was known
		{[]report.Notice{report.NoticeRunning{}, report.NoticeServing{Endpoints: []handoff.Endpoint{{}}}}, false},
		{[]report.Notice{report.NoticeRunning{}}, true},
		{[]report.Notice{report.NoticeServing{}}, true}, // a promotion without an endpoint
	} {
		p := Open(home, "/p", []string{"a", "b"})
		for _, n := range c.notices {
			p.Notice(n)
		}
		p.Remember()
		if got := Open(home, "/p", []string{"a", "b"}).Was; got != c.then {
			t.Errorf("%d: %v", i, got)
		}
	}
	nowhere := Open(func() (string, error) { return "", os.ErrNotExist }, "/p", nil)
	nowhere.Notice(report.NoticeRunning{})
	nowhere.Remember()
	if _, err := os.Lstat("portless"); err == nil || nowhere.Was {
		t.Error("without a home it is remembered here")
	}
	if Open(home, "/p", []string{"a b"}).Was || Open(home, "/q", []string{"a", "b"}).Was {
		t.Error("another program is taken for it")
	}
}
