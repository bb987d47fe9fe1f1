package main

import (
	"fmt"
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
	text, of := strings.TrimPrefix(info.Main.Version, "v"), map[string]string{}
	for _, s := range info.Settings {
		of[s.Key] = s.Value
	}
	if of["vcs.revision"] != "" {
		text += fmt.Sprintf(" (%.8s, %.10s)", of["vcs.revision"], of["vcs.time"])
	}
	return text
}
