package ui

import (
	"errors"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/runtime/golang"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func (p *Printer) NoAdapter(err error) {
	p.warn("no-adapter", "error", err).
		Msgf("Node processes run without hotswap's adapter, and their connections are observed from outside: %v", err)
}

// GoAdapter prints how far the adapter of Go programs is; was is what was printed before, or nil.
func (p *Printer) GoAdapter(a report.GoAdapterStatus, was *report.GoAdapterStatus) {
	level, failed := levelInfo, error(nil)
	if a.Error != "" {
		level, failed = levelWarn, errors.New(a.Error)
	}
	// nobody was told to wait, or nothing is new after a change of go.mod
	if was == nil && a.State == string(golang.Ready) || was != nil && a == *was {
		level = levelDebug
	}
	p.at(level, "go-adapter", "state", a.State, "error", failed).Msg(goAdapter(a))
}

func goAdapter(a report.GoAdapterStatus) string {
	switch golang.State(a.State) {
	case golang.Compiles:
		return "net/http is compiled once for hotswap: Go programs that are built after that hand their kept connections over"
	case golang.Ready:
		return "what Go builds now hands its kept connections over"
	}
	return "Go programs are built without hotswap's adapter, and their connections are observed from outside: " +
		a.Error + " (hotswap asks Go again when it is restarted, or go.mod changes)"
}

func (p *Printer) AdapterLimited(limit adapters.Limit) {
	feature, version, what := plain.Short(limit.Feature, 200), plain.Short(limit.Runtime, 200),
		plain.Short(limit.What, 200)
	switch feature {
	case adapters.Links:
		p.warn("adapter-links", "most", what).
			Msgf(
				"more than %s processes or threads of a generation have the adapter: the others' connections are observed "+
					"from outside; raise hotswap's limit of file descriptors (ulimit -n)", what)
		return
	case adapters.NetHTTP:
		p.info("adapter-unheard", "program", what).
			Msgf("no server of net/http is known in %s: the old process keeps its connections until its stop signal", what)
		return
	case adapters.Descriptors:
		p.warn("descriptors", "pid", what).
			Msgf(
				"process %s has no file descriptor left, so kept connections stay with the old process, which ends each behind its next answer; raise the limit (ulimit -n)", what)
		return
	}
	runtime := version
	if !strings.Contains(version, " ") {
		runtime = "Node " + version
	}
	why := runtime + " is not known to hotswap (" + what + " is not as expected)"
	if strings.HasPrefix(what, "--") {
		why = "node --permission forbids what hotswap asks; " + what + " allows it"
	}
	p.warn("adapter-limited", "feature", feature, "node", version, "what", what).Msgf("%s is off: %s", feature, why)
}

// AdapterMissing prints that a process of Node runs without the adapter, and with which NODE_OPTIONS it would load the
// adapter.
func (p *Printer) AdapterMissing(gen, pid int, options string) {
	options = plain.Short(options, 1000)
	add := strings.TrimSpace("$NODE_OPTIONS " + options)
	p.warn("adapter-missing", "gen", gen, "pid", pid, "options", options).
		Msgf(
			`process %d runs without hotswap's adapter, because NODE_OPTIONS was replaced; its connections are observed from outside. Write NODE_OPTIONS="%s"`, pid, add)
}

func (p *Printer) WebSockets(k connections.HandoffStats) {
	moved := human.If(k.Moved > 0, human.Count(k.Moved, "WebSocket")+" moved on")
	slices.Sort(k.Reasons)
	told := human.Iff(k.Told > 0, "%d told to come back: %s", k.Told, strings.Join(k.Reasons, "; "))
	p.info("websockets", "gen", k.Gen, "moved", k.Moved, "told", k.Told, "reasons", k.Reasons).
		dots("had WebSockets", moved, told)
}
