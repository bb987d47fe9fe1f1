package ui

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// standby prints what becomes of programs that are started ahead or by themselves: with --verbose, but in any case,
// once for each reason, that a standby must load no package, and that there is none any more, or that a pipe is the
// reason.
func (p *Printer) standby(n report.Notice) {
	switch n := n.(type) {
	case report.NoticeStandby:
		reasons := leftOut(n.Left)
		level := levelDebug
		if n.Ahead == 0 && len(reasons) == 1 && strings.HasPrefix(reasons[0], standby.Behind) {
			why, _, _ := strings.Cut(reasons[0], ": ")
			reasons = []string{"each " + why}
			if why != p.behind {
				level, p.behind = levelInfo, why
			}
		}
		p.at(level, "standby", "gen", n.Gen, "took_ms", n.Took, "memory_mb", float64(n.Memory>>10)/1024,
			"ahead", n.Ahead, "left_out", n.Left, "given_by", n.By).
			dots("is ready as a standby", human.Duration(n.Took), size(n.Memory),
				packagesAhead(n.Ahead, len(n.Left)),
				human.If(n.By != "", "for five minutes, because "+n.By+" may have given it credentials"),
				plain.Short(strings.Join(reasons, "; "), longestRow))
	case report.NoticeNoStandby:
		level, next, givenUp := levelDebug, "", n.Failed && !n.Again
		switch {
		case givenUp:
			level, next = levelInfo, "every generation starts cold from now on"
		case errors.Is(n.Err, standby.ErrPiped): // people can change that
			level = levelInfo
		case n.Again:
			next = "another one is made"
		}
		p.at(level, "no-standby", "gen", n.Gen, "error", n.Err, "failed", n.Failed, "again", n.Again,
			"given_up", givenUp).
			dots(fmt.Sprintf("starts without a standby: %v", n.Err), next)
	case report.NoticeStandbyUnused:
		p.debug("unused", "gen", n.Gen, "error", n.Err).saysf("starts cold: %v", n.Err)
	case report.NoticeDirect:
		text := fmt.Sprintf("runs the whole command: %v", n.Err)
		if n.Err == nil {
			text = "starts " + directly(n.Name, n.Left)
		}
		p.debug("direct", "gen", n.Gen, "program", n.Name, "left_out", n.Left, "error", n.Err).dots(text)
	}
}

func packagesAhead(ahead, left int) string {
	if left == 0 {
		return human.Count(ahead, "package") + " ahead"
	}
	return fmt.Sprintf("%d of %s ahead", ahead, human.Count(ahead+left, "package"))
}

// leftOut returns the reasons why packages are not loaded ahead, each with their names.
func leftOut(left []string) []string {
	var reasons []string
	names := map[string][]string{}
	for _, text := range left {
		name, why, _ := strings.Cut(text, " ")
		if names[why] == nil {
			reasons = append(reasons, why)
		}
		names[why] = append(names[why], name)
	}
	for i, why := range reasons {
		reasons[i] = why + ": " + strings.Join(names[why], ", ")
	}
	return reasons
}

// directly says that a program starts without the commands that only lead to it.
func directly(program string, left []string) string {
	return fmt.Sprintf("%s directly, without %s", program, strings.Join(left, ", "))
}

// size returns an amount of memory for people; "" if that is not known.
func size(n uint64) string { return human.Iff(n > 0, "%d MB", n>>20) }
