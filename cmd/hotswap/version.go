package main

import (
	"runtime/debug"
	"strings"
)

// release is set when a release is built (-ldflags -X): the version, the commit and its date.
var release string

// version returns the version, the commit and its date, as far as this build has them. go install
// tells only the version, which contains the others where the commit has no tag.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if release != "" || !ok {
		return release
	}
	text := strings.TrimPrefix(info.Main.Version, "v")
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.time" {
			text += " " + s.Value
		}
	}
	return text
}
