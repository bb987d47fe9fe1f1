package machine

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestStatusJSON(t *testing.T) {
	s := newStory(t, dev)
	s.phase(report.PhaseIdle)
	s.on(begin).phase(report.PhaseStarting).boot(1, portA).on(save("a.ts")).after(400*time.Millisecond).boot(2, portA)
	got := testkit.Must(json.Marshal(s.m.Status()))(t)
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(`{
		"pid": 0, "state": "serving", "generation": 2, "command": null,"dir":"",
		"endpoints": [{"network": "tcp4", "address": "127.0.0.1:4000", "generation": 2}],
		"generations": [
			{"id": 1, "pid": 101, "state": "draining", "started": "2026-01-02T03:04:05Z", "ready_ms": 0, "connections": 0},
			{"id": 2, "pid": 102, "state": "serving", "started": "2026-01-02T03:04:05Z", "ready_ms": 400, "connections": 0}
		],
		"swaps": 1, "failed_swaps": 0
	}`)); err != nil || string(got) != want.String() {
		t.Errorf("status is\n%s, want\n%s, %v", got, &want, err)
	}
}

func TestStatusNamesWhatEndsFirst(t *testing.T) {
	alone := dev
	alone.Strategy = policy.StopFirst
	for name, c := range map[string]struct {
		s    *story
		want GenID
	}{
		"nothing runs":    {newStory(t, alone), 0},
		"it overlaps":     {serving(t, dev), 0},
		"it runs alone":   {serving(t, alone), 1},
		"no port":         {running(t, dev), 1},
		"the next starts": {serving(t, dev).on(save("a")), 0},
	} {
		if got := c.s.m.Status().Alone; got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
