package ui

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/watch"
)

// To wait for an installer is no trouble.
func TestNoticesOfTheWatcherAsEvents(t *testing.T) {
	for _, c := range []struct {
		n    watch.Notice
		want string
	}{
		{watch.Notice{Kind: watch.Installing, Path: "/w/m", Name: "npm ci (process 7)"}, `{"level":"info","event":"installing","path":"/w/m","process":"npm ci (process 7)",`},
		{watch.Notice{Kind: watch.Unreadable, Path: "/w/a", Err: errors.New("no")}, `{"level":"warn","event":"watch","error":"no",`},
	} {
		var b bytes.Buffer
		(&Printer{logger: logger{zerolog.New(&b)}}).Watched(c.n)
		if !strings.HasPrefix(b.String(), c.want) {
			t.Errorf("%s\nwant %s", b.String(), c.want)
		}
	}
}
