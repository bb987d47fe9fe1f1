package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// TestMain is the demo's server, if this process was started to be that.
func TestMain(m *testing.M) {
	if os.Getenv(addrVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// apart keeps the test's hotswaps out of what hotswap status --all lists elsewhere.
func apart(t *testing.T) { t.Setenv("XDG_RUNTIME_DIR", testkit.ShortDir(t)) }

// The demo loses nothing where plain restarts do, and shows its progress in both columns.
func TestComparesSwapsWithRestarts(t *testing.T) {
	apart(t)
	var out, progress bytes.Buffer
	lost, err := compare(t.Context(), 2, "", &out, &progress)
	if err != nil || lost > 0 {
		t.Fatalf("%d lost, %v\n%s", lost, err, &out)
	}
	for _, want := range []string{
		`(?m)^requests +[1-9]\d{2,} +[1-9]\d{2,}$`, `(?m)^failed +0 +[1-9]`, `(?m)^swaps +2 +2$`,
		`(?m)^cutover, median / max +\d+ [mµ]s / \d+ [mµ]s +-$`,
		`(?m)^until the new answers, median/max +\d+ ms / \d+ ms +\d+ ms / \d+ ms$`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("no %s in:\n%s", want, &out)
		}
	}
	if strings.Count(progress.String(), "2 of 2") != 2 {
		t.Errorf("progress:\n%s", &progress)
	}
}

// onceSaid cancels when a text is written.
type onceSaid struct {
	text   string
	cancel func()
}

func (o onceSaid) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(o.text)) {
		o.cancel()
	}
	return len(p), nil
}

// Ctrl-C ends everything.
func TestInterruptEndsEverything(t *testing.T) {
	apart(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	path := filepath.Join(t.TempDir(), "hotswap")
	testkit.Must(exec.Command("go", "build", "-o", path, "../../cmd/hotswap").CombinedOutput())(t)
	by := &swapped{binary: path}
	_, err := measure(ctx, "hotswap", 1000, onceSaid{"5 of 1000", cancel}, by)
	if !errors.Is(err, context.Canceled) || by.cmd.ProcessState == nil {
		t.Fatal(err)
	}
}

func TestTable(t *testing.T) {
	ms, us := time.Millisecond, time.Microsecond
	swaps := column{
		load: load.Snapshot{Requests: 13412, Counts: map[load.Class]uint64{load.OK: 13412},
			Closes: load.Closes{Raced: 3}, LongestStall: 12400 * us, LongestGap: 9960 * us},
		cutovers: []time.Duration{213 * us, 12 * us, 17 * us}, replaced: []time.Duration{91 * ms, 128 * ms, 90 * ms},
	}
	swaps.load.Counts[load.Stale], swaps.load.Examples = 1, []load.Example{{Kind: "fresh GET", Class: load.Stale}}
	plain := column{load: load.Snapshot{Requests: 12377, LongestStall: 28 * ms, LongestGap: 106 * ms}}
	var b bytes.Buffer
	testkit.NoError(t, writeTable(&b, swaps, plain))
	for _, want := range []string{
		"\nfailed                                               1                   0\n",
		"\nlongest stall of an answer                   no answer               28 ms\n",
		"\ncutover, median / max                   17 µs / 213 µs                   -\n", "is a bug",
		"stale: fresh GET",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, &b)
		}
	}
}
