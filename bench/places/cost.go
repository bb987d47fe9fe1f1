//go:build unix

package places

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// cost returns the medians in milliseconds of starts with the port in the code led to another one, and of starts of the
// same program, with a free port in the code, without that.
func cost(_ context.Context, h *fresh.Harness) (medians [2]float64, err error) {
	dir, err := h.Temp()
	if err != nil {
		return medians, err
	}
	trees, err := e2etest.Worktrees(dir, []e2etest.Stack{e2etest.Stacks[0], e2etest.Stacks[0]})
	if err != nil {
		return medians, err
	}
	port, err := fresh.FreePort()
	if err != nil {
		return medians, err
	}
	source := filepath.Join(trees[1].Dir, "server.mjs")
	text, err := os.ReadFile(source)
	if err != nil {
		return medians, err
	}
	err = os.WriteFile(source, []byte(strings.ReplaceAll(string(text), "3000", port)), 0o644)
	if err != nil {
		return medians, err
	}
	var took [2][]float64
	for range h.Rounds {
		for i, options := range [][]string{nil, {"--port", port}} {
			p := &place{Worktree: trees[i], hotswap: h.Hotswap}
			ms, err := p.start(options...)
			if err != nil {
				return medians, err
			}
			took[i] = append(took[i], ms)
			if _, err := p.does("stop"); err != nil {
				return medians, err
			}
		}
	}
	return [2]float64{fresh.Median(took[0]), fresh.Median(took[1])}, nil
}
