//go:build !linux

package engine

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// askSystem adds nothing: ports below 1024 are refused by the system, because the program's user is hotswap's.
func askSystem(*held.Config, *reuseport.Registry) {}

// ownListeners returns the addresses at which these processes listen. macOS has lsof(8) at hand. Without it none is
// known, and a program without an adapter is ready when --ready-timeout is over. The sockets have no names.
func (none) ownListeners(pids []int) (out []handoff.Endpoint, unnamed []uint64, known bool) {
	var list []string
	for _, pid := range pids {
		list = append(list, strconv.Itoa(pid))
	}
	if len(list) == 0 {
		return nil, nil, true
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait.Reply)
	defer cancel()
	text, err := exec.CommandContext(ctx, "lsof", "-w", "-nP", "-a", "-iTCP", "-sTCP:LISTEN", "-p",
		strings.Join(list, ","), "-F", "tn").Output()
	return listed(string(text)), []uint64{0}, !errors.Is(err, exec.ErrNotFound) && ctx.Err() == nil
}
