package ui

import (
	"io"

	"golang.org/x/term"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// saveFailed reports whether the notice says that what was saved does not serve.
func saveFailed(n report.Notice) bool {
	switch n := n.(type) {
	case report.NoticeFailed:
		return n.Why != report.WhySuperseded
	case report.NoticeBuildFailed:
		return true
	case report.NoticeRolledBack:
		return !n.ByHand
	}
	return false
}

// ring rings the bell of the terminal that shows hotswap's lines.
func (p *Printer) ring() {
	if !p.json && term.IsTerminal(2) {
		_, _ = io.WriteString(p.out, "\a")
	}
}
