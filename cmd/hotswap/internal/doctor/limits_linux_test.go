package doctor

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDoctorJudgesLimits(t *testing.T) {
	if f := judgeBacklog(128); f.Verdict != Missing || !strings.Contains(f.Do, "somaxconn=4096") {
		t.Errorf("%+v", f)
	}
	if f := judgeBacklog(1024); f.Verdict != Works {
		t.Errorf("%+v", f)
	}
	if f := judgeFiles(256); f.Verdict != Missing {
		t.Errorf("%+v", f)
	}
	for _, c := range []struct {
		use     inotifyUse
		watches int
		err     error
		want    Verdict
	}{
		{inotifyUse{1, 10}, 8192, nil, Works},
		{inotifyUse{1, 7000}, 8192, nil, Missing},
		{inotifyUse{128, 10}, 8192, unix.EMFILE, Missing},
		{inotifyUse{1, 10}, 8192, errors.New("strange"), Missing},
	} {
		if f := judgeInotify("", c.use, c.watches, c.err); f.Verdict != c.want {
			t.Errorf("%+v: %+v", c, f)
		}
	}
}
