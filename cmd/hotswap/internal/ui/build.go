package ui

import (
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor"
)

func (p *Printer) building(n supervisor.NoticeBuilding) {
	p.wipe(n.Cause)
	p.info("building").Int("build", n.Build).Str("cause", string(n.Cause)).Strs("files", n.Files).
		Msg(human.Dots("building", because(n.Cause, changed(n.Files))))
}

func (p *Printer) built(n supervisor.NoticeBuilt) {
	text := "built"
	if n.Ended {
		text = "the build was ended"
	}
	p.debug("built").Int("build", n.Build).Float64("took_ms", human.Millis(n.Took)).Bool("ended", n.Ended).
		Msg(human.Dots(text, human.Duration(n.Took)))
}

func (p *Printer) buildFailed(n supervisor.NoticeBuildFailed) {
	f := n.Failure
	p.fail("build-failed").Int("build", n.Build).Str("cause", string(n.Cause)).Strs("files", n.Files).
		Str("command", f.Command).Str("exit", f.Exit.String()).Strs("stderr", f.Post.Last).
		Str("next", string(n.Next.Kind)).Float64("took_ms", human.Millis(n.Took)).Err(f.Err).
		Msg(human.Dots("build failed: "+buildFailure(f), human.Duration(n.Took), changed(n.Files), quote(f.Post.Last), next(n.Next)))
}

// buildTime returns how long the build of a generation took; "" without a build.
func buildTime(took time.Duration) string {
	if took == 0 {
		return ""
	}
	return fmt.Sprintf("built in %s", human.Duration(took))
}
