//go:build !linux

package engine

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// askSystem adds nothing: ports below 1024 are refused by the system, because the program's user is hotswap's.
func askSystem(*held.Config, *reuseport.Registry) {}

// ownListeners returns the addresses at which processes of the tree listen, but for those that ask for their sockets. macOS has
// lsof(8) at hand. Without it none is known, and a program without an adapter is ready when --ready-timeout is over. The
// sockets have no names.
func ownListeners(_ *reuseport.Registry, tree, asking []int) (out []handoff.Endpoint, unnamed []uint64, known bool) {
	var pids []string
	for _, pid := range tree {
		if !slices.Contains(asking, pid) {
			pids = append(pids, strconv.Itoa(pid))
		}
	}
	if len(pids) == 0 {
		return nil, nil, true
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait.Reply)
	defer cancel()
	text, err := exec.CommandContext(ctx, "lsof", "-w", "-nP", "-a", "-iTCP", "-sTCP:LISTEN", "-p", strings.Join(pids, ","), "-F", "tn").Output()
	return listed(string(text)), []uint64{0}, !errors.Is(err, exec.ErrNotFound) && ctx.Err() == nil
}
