package readiness

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Accept connects to a unix socket until the generation has accepted.
func Accept(path string) handoff.Transport {
	connect := AtSocket(path)
	ask := func(ctx context.Context, gen handoff.GenID, r handoff.Running) error {
		conn, err := connect(ctx, gen, r)
		if err != nil {
			return err
		}
		defer conn.Close()
		for wait := time.Millisecond; ; wait = min(2*wait, firstPause) {
			if accepted(conn.(*net.UnixConn)) {
				return nil
			}
			if pause(ctx, wait) != nil {
				return fmt.Errorf("%s: it does not accept", path)
			}
		}
	}
	return &source{name: "unix", question: "a connection to " + path, ask: ask}
}
