package ui

import (
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/secret"
	"github.com/hotswap-dev/hotswap/watch"
)

func (p *Printer) Ignored(why changes.Reason, files []string) {
	level, hint := levelInfo, " (no more lines about folder "+
		plain.Line(filepath.Dir(files[0]))+"; your saves there count)"
	if why == changes.BuildOutput || why == changes.NotLoaded {
		level, hint = levelDebug, ""
	}
	p.at(level, "ignored", "reason", why, "files", files).
		Msgf("ignoring %s: %s%s", changed(files), why.Text(), hint)
}

func (p *Printer) Loops(file string, swaps int) {
	p.warn("loop", "file", file).
		Msgf(
			"%d swaps in a row for %s alone, and no client has come meanwhile: if a program writes it, give --ignore %[2]s", swaps, plain.Short(file, 100))
}

func (p *Printer) Applied(a changes.Applied) {
	r := a.Rule
	level, text := levelInfo, ""
	switch {
	case r.Signal != 0 && a.PID == 0:
		level, text = levelWarn, unix.SignalName(r.Signal)+
			" is not sent: no process of the program handles it"
	case r.Signal != 0:
		text = fmt.Sprintf("sent %s to process %d", unix.SignalName(r.Signal), a.PID)
	case r.Browser != "" && !a.Browsers:
		level, text = levelWarn, "browsers are not told: hotswap does not listen for them"
	case r.Browser != "":
		text = "told browsers: " + string(r.Browser)
	default:
		level, text = levelDebug, "nothing to do"
	}
	p.at(level, "applied", "rule", r.Where, "files", a.Files).dots(text, changed(a.Files), r.Where)
}

func (p *Printer) Watched(n watch.Notice) {
	p.warn("watch", "error", n.Err).Msg(n.String())
}

func (p *Printer) WatchFailed(err error) {
	p.fail("watch-failed", "error", err).Msgf("not watching any more: %v", err)
}

func (p *Printer) Follows(gen, files int, folders []string, unsure string) {
	text := "changes of code that it has not loaded do nothing (--watch)"
	if unsure != "" {
		text = "changes of other code count, too: " + plain.Short(unsure, 200)
	}
	p.debug("follows", "gen", gen, "loaded", files, "folders", folders, "exact", unsure == "", "unsure", unsure).
		saysf("has loaded %s of the project; %s", human.Count(files, "file"), text)
}

func (p *Printer) OwnWatcher(text string) { p.warn("own-watcher").Msgf("%s", text) }

func (p *Printer) AsksAgain(text string) { p.info("asks-again").Msg(secret.Text(text)) }

// OwnReload reports that the command is a dev server, or, without reads, that the program runs one inside itself.
func (p *Printer) OwnReload(server string, reads []string) {
	server = plain.Short(server, 100)
	what := "reloads its own sources: hotswap swaps for " + strings.Join(reads, ", ") + ", installs and crashes"
	if reads == nil {
		what = "in the program reloads its own sources: code that Node itself has not loaded causes no swap"
	}
	p.info("own-reload", "server", server, "reads", reads).Msgf("%s %s (--watch PATH adds more)", server, what)
}

func (p *Printer) FileLeftOut(why string) {
	p.warn("file-left-out").Msgf("%s; the command of the command line runs without it", why)
}

func (p *Printer) ProjectChanged(name string) {
	p.info("file-changed", "file", name).
		Msg(name + " has changed: it counts when hotswap starts again or is upgraded (SIGUSR2)")
}
