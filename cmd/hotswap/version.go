package main

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// release is set when a release is built (-ldflags -X): the version, the commit and its date.
var release string

// version returns the version, and what this build has of the commit and its date: go install tells only the version.
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
