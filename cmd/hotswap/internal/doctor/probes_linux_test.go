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
		want    verdict
		do      string
	}{
		{nil, 8192, works, ""}, {nil, 0, works, ""}, {nil, 1000, missing, "max_user_watches"},
		{unix.EMFILE, 0, missing, "max_user_instances"}, {unix.ENOSPC, 0, missing, "max_user_watches"}, {errors.New("strange"), 0, missing, ""},
	} {
		if f := judgeInotify(c.err, c.watches); f.verdict != c.want || !strings.Contains(f.do, c.do) {
			t.Errorf("%+v: %+v", c, f)
		}
	}
}
