package doctor

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDoctorJudgesLimits(t *testing.T) {
	for _, c := range []struct {
		err     error
		watches int
		want    Verdict
		do      string
	}{
		{nil, 8192, Works, ""}, {nil, 0, Works, ""}, {nil, 1000, Missing, "max_user_watches"},
		{unix.EMFILE, 0, Missing, "max_user_instances"}, {unix.ENOSPC, 0, Missing, "max_user_watches"}, {errors.New("strange"), 0, Missing, "--poll"},
	} {
		if f := judgeInotify("", c.err, c.watches); f.Verdict != c.want || !strings.Contains(f.Do, c.do) {
			t.Errorf("%+v: %+v", c, f)
		}
	}
}
