package ui

import (
	"fmt"
	"strings"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// Ignored tells of changes that start no generation, and why.
func (l Printer) Ignored(why changes.Reason, files []string) {
	level, hint := zerolog.InfoLevel, fmt.Sprintf(" (add --ignore %s to silence this)", quoted(files[0]))
	if why == changes.BuildOutput || why == changes.NotLoaded {
		level, hint = zerolog.DebugLevel, ""
	}
	text := map[changes.Reason]string{
		changes.Open: "the program has it open for writing", changes.ByProgram: "the program has written it",
		changes.ByBuild: "the build has written it", changes.BuildOutput: "a build made it before the program loaded it",
		changes.NotLoaded: "no generation has loaded it",
	}[why]
	l.Log.WithLevel(level).Str("event", "ignored").Str("reason", string(why)).Strs("files", files).
		Msgf("ignoring %s: %s%s", changed(files), text, hint)
}

// Delayed tells of files that change at each start, when the writer is not known.
func (l Printer) Delayed(files []string) {
	l.Log.Warn().Str("event", "delayed").Strs("files", files).
		Msgf("%s changes at each start, and the kernel does not tell who writes it: swaps for it wait up to %v (if the program or its build writes it, add --ignore %s)",
			changed(files), selfwrite.MaxDelay, quoted(files[0]))
}

// WatchFailed tells that files are not watched any more.
func (l Printer) WatchFailed(err error) {
	l.Log.Error().Str("event", "watch-failed").Err(err).Msgf("not watching any more: %v", err)
}

// Follows tells what is watched because a generation has loaded it.
func (l Printer) Follows(gen int, p loaded.Plan, exact bool) {
	l.Log.Debug().Str("event", "follows").Int("gen", gen).Int("loaded", len(p.Files)).Strs("folders", p.Folders).Bool("exact", exact).
		Msgf("generation %d has loaded %s of the project", gen, human.Count(len(p.Files), "file"))
}

// longestOptions bounds what a line shows of NODE_OPTIONS, in bytes.
const longestOptions = 1000

// AdapterMissing tells, once, that the adapter did not get into a Node process.
func (l Printer) AdapterMissing(gen, pid int, options string) {
	options = plain.Short(options, longestOptions)
	add := strings.TrimSpace("$NODE_OPTIONS " + options)
	l.Log.Warn().Str("event", "adapter-missing").Int("gen", gen).Int("pid", pid).Str("options", options).
		Msgf(`process %d runs without hotswap's adapter, because NODE_OPTIONS was replaced; its connections are observed from outside. Write NODE_OPTIONS="%s"`, pid, add)
}

// quoted is a file's name as a shell takes it.
func quoted(file string) string {
	if strings.ContainsAny(file, " '\"$&;|<>()*?[]{}~#!\\`") {
		return "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
	}
	return file
}

const foreground = "run it in the foreground, for example: nginx -g 'daemon off;'"

// background tells what became of a program that goes into the background, as
// daemons do: its processes are ended when the first one leaves with code 0.
func (l Printer) background(left int) {
	if left > 0 {
		l.Log.Warn().Str("event", "background").Int("left", left).
			Msgf("%s ended too, because the program went into the background; %s", human.Count(left, "process"), foreground)
	}
}
