package main

import (
	"runtime/debug"
	"strings"
)

// release is set when a release is built (-ldflags -X): the version, the commit and its date.
var release string

// version returns the version, and the commit and its date, as far as this build has them. go build in a checkout tells
// all three; go install tells only the version, which contains the others where the commit has no tag.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if release != "" || !ok {
		return release
	}
	return built(info)
}

func built(info *debug.BuildInfo) string {
	text := strings.TrimPrefix(info.Main.Version, "v")
	commit, date := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value[:min(8, len(s.Value))]
		case "vcs.time":
			date, _, _ = strings.Cut(s.Value, "T")
		}
	}
	if commit != "" {
		text += " (" + commit + ", " + date + ")"
	}
	return text
}
