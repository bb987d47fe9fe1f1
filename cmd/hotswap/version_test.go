package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionOfACheckoutNamesItsCommit(t *testing.T) {
	for want, settings := range map[string][]debug.BuildSetting{
		"0.1.0": nil,
		"0.1.0 (0123abcd, 2026-02-03)": {{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0123abcdef0123"},
			{Key: "vcs.time", Value: "2026-02-03T04:05:06Z"}},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}, Settings: settings}
		if got := built(info); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
