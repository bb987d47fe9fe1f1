package ui

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// building tells that a build begins, which may take a while.
func (l Printer) building(n supervisor.NoticeBuilding) {
	l.wipe(n.Cause)
	l.Log.Info().Str("event", "building").Int("build", n.Build).Str("cause", string(n.Cause)).Strs("files", n.Files).
		Msg(human.Dots("building", because(n.Cause, changed(n.Files))))
}

// built tells how long it took, which the line of what serves then does too.
func (l Printer) built(n supervisor.NoticeBuilt) {
	text := "built"
	if n.Ended {
		text = "the build was ended"
	}
	l.Log.Debug().Str("event", "built").Int("build", n.Build).Float64("took_ms", human.Millis(n.Took)).Bool("ended", n.Ended).
		Msg(human.Dots(text, human.Describe(n.Took)))
}

func (l Printer) buildFailed(n supervisor.NoticeBuildFailed) {
	f := n.Failure
	l.Log.Error().Str("event", "build-failed").Int("build", n.Build).Str("cause", string(n.Cause)).Strs("files", n.Files).
		Str("command", f.Command).Str("exit", f.Exit.String()).Strs("stderr", f.Post.Last).
		Str("next", string(n.Next.Kind)).Float64("took_ms", human.Millis(n.Took)).Err(f.Err).
		Msg(human.Dots("build failed: "+buildFailure(f), human.Describe(n.Took), changed(n.Files), quote(f.Post.Last), next(n.Next)))
}

// buildFailure says which command failed, and how.
func buildFailure(f supervisor.BuildFailure) string {
	reason := cmp.Or(f.Post.Reason, f.Exit.String())
	if f.Err != nil {
		reason = f.Err.Error()
	}
	return oneLine(f.Command) + ": " + reason
}

// longestCommand bounds what a line shows of a command, in runes.
const longestCommand = 80

// oneLine is a command as it fits into a line.
func oneLine(command string) string {
	text := []rune(strings.Join(strings.Fields(command), " "))
	if len(text) > longestCommand {
		return string(text[:longestCommand-1]) + "…"
	}
	return string(text)
}

// buildTime is how long a generation was built; "": it was not.
func buildTime(took time.Duration) string {
	if took == 0 {
		return ""
	}
	return fmt.Sprintf("built in %s", human.Describe(took))
}
