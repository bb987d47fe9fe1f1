package demo

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// plainRestart is the backend that stops the server, waits for its end and starts it again.
type plainRestart struct {
	port    int
	argv    []string
	process *proc.Process // nil before Begin
	version int
	took    times
}

func newPlainRestart(port int) (*plainRestart, error) {
	argv, err := ServerArgv(port, Boot)
	if err != nil {
		return nil, err
	}
	return &plainRestart{port: port, argv: argv}, nil
}

func (b *plainRestart) Begin(ctx context.Context) (version int, err error) {
	err = b.start(ctx)
	b.took.boot = nil // of replacements only
	return b.version, err
}

// start starts the next version and waits until its port is open.
func (b *plainRestart) start(ctx context.Context) error {
	b.version++
	from := time.Now()
	p, err := StartServer(proc.Spec{Argv: b.argv, Stdio: [3]int{2: 2}, Title: "plain restart " + strconv.Itoa(b.version)}, b.version)
	if err != nil {
		return err
	}
	b.process = p
	limited, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := awaitPort(limited, Addr(b.port), p.Gone()); err != nil {
		return fmt.Errorf("process %d of the demo's server does not listen: %w", b.version, err)
	}
	b.took.boot = append(b.took.boot, time.Since(from))
	return nil
}

// awaitPort dials until the server listens, or gone is closed.
func awaitPort(ctx context.Context, addr string, gone <-chan struct{}) error {
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp4", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-gone:
			return fmt.Errorf("it has ended: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
	}
}

func (b *plainRestart) Replace(ctx context.Context) (version int, err error) {
	from := time.Now()
	if err := b.process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	select {
	case <-b.process.Gone():
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	b.took.drain = append(b.took.drain, time.Since(from))
	err = b.start(ctx)
	return b.version, err
}

func (b *plainRestart) Settle(context.Context) error { return nil }

func (b *plainRestart) End(context.Context) {
	if b.process != nil {
		_ = b.process.Kill()
		<-b.process.Gone()
	}
}

func (b *plainRestart) times() times { return b.took }
