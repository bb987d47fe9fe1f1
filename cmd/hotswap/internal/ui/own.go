package ui

import (
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// own tells of a file that the program has open for writing.
func (l Printer) Own(file string) {
	l.Log.Info().Str("event", "own").Str("file", file).
		Msgf("%s is written by the program itself: not reacted to (--ignore %s says so)", file, quoted(file))
}

// buildEcho tells of files that change each time the build runs.
func (l Printer) BuildEcho(v selfwrite.Verdict) {
	const text = "%s changes each time the build runs: it looks as if the build writes it, another text each time; "
	if len(v.Echo) > 0 {
		l.Log.Warn().Str("event", "echo").Strs("files", v.Echo).
			Msgf(text+"not reacted to then (--ignore %s says so)", changed(v.Echo), quoted(v.Echo[0]))
	}
	if len(v.Slow) > 0 {
		l.Log.Warn().Str("event", "echo").Strs("files", v.Slow).
			Msgf(text+"reacting to it more and more slowly (--ignore %s says so)", changed(v.Slow), quoted(v.Slow[0]))
	}
}

// echo tells of files that change each time the program starts.
func (l Printer) Echo(v selfwrite.Verdict) {
	if len(v.Echo) > 0 {
		l.Log.Warn().Str("event", "echo").Strs("files", v.Echo).
			Msgf("%s changes each time the program starts: it looks as if the program writes it; not reacted to, unless it changes at another time (--ignore %s says so)",
				changed(v.Echo), quoted(v.Echo[0]))
	}
	if len(v.Slow) > 0 {
		l.Log.Warn().Str("event", "echo").Strs("files", v.Slow).
			Msgf("%s changes after each start: if the program writes it, say so by --ignore %s; reacting to it more and more slowly",
				changed(v.Slow), quoted(v.Slow[0]))
	}
}

// passedOver tells, whoever wants to know, which changes concern nobody, and why.
func (l Printer) PassedOver(why string, files []string) {
	if len(files) == 0 {
		return
	}
	l.Log.Debug().Str("event", "passed-over").Strs("files", files).Str("why", why).
		Msgf("%s: not reacted to, %s", changed(files), why)
}

// follows tells what is watched because a generation has loaded it.
func (l Printer) Follows(gen int, p loaded.Plan, exact bool) {
	l.Log.Debug().Str("event", "follows").Int("gen", gen).Int("loaded", len(p.Files)).Strs("folders", p.Folders).Bool("exact", exact).
		Msgf("generation %d has loaded %s of the project", gen, human.Count(len(p.Files), "file"))
}

// longestOptions bounds what a line shows of NODE_OPTIONS, in bytes.
const longestOptions = 1000

// missed tells, once, that the adapter did not get into a Node process.
func (l Printer) Missed(gen, pid int, options string) {
	options = plain.Short(options, longestOptions)
	add := strings.TrimSpace("$NODE_OPTIONS " + options)
	l.Log.Warn().Str("event", "adapter-missing").Int("gen", gen).Int("pid", pid).Str("options", options).
		Msgf(`process %d runs without hotswap's adapter, for NODE_OPTIONS was replaced: its connections are watched from outside; write NODE_OPTIONS="%s"`, pid, add)
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
			Msgf("%s of it ended too: it went into the background; %s", human.Count(left, "process"), foreground)
	}
}
