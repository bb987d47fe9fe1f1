package child

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// patience limits how long Ready, Extend and Status wait for hotswap.
const patience = 10 * time.Second

// Ready says that the program can serve: to hotswap, to a service manager (NOTIFY_SOCKET, see sd_notify(3))
// and to einhorn (EINHORN_SOCK_PATH), whichever there is. hotswap needs it with --ready notify.
func Ready() error {
	return about(errors.Join(say(op("ready")), notify("READY=1"), acknowledge()), "say", "ready")
}

// Extend asks for so much time from now to become ready.
func Extend(d time.Duration) error {
	return about(errors.Join(
		say(op("extend").number("ms", d.Milliseconds())),
		notify("EXTEND_TIMEOUT_USEC="+strconv.FormatInt(d.Microseconds(), 10)),
	), "extend", "the start")
}

// Status shows the text to people: hotswap -v prints it, and systemctl status shows it.
func Status(text string) error {
	line := strings.ToValidUTF8(strings.ReplaceAll(text, "\n", " "), "\uFFFD")
	return about(errors.Join(say(op("status").text("text", line)), notify("STATUS="+line)), "show", "the status")
}

// say sends hotswap a request, if there is a hotswap.
func say(r request) error {
	c := hotswap()
	if c == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := c.ask(ctx, r)
	return err
}

// notify sends a datagram to the service manager, if there is one.
func notify(text string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"}) // "@…" is abstract
	if err != nil {
		return fmt.Errorf("NOTIFY_SOCKET: %w", err)
	}
	defer conn.Close()
	_, err = conn.Write([]byte(text))
	return err
}

// acknowledge tells einhorn that this worker serves.
func acknowledge() error {
	path := os.Getenv("EINHORN_SOCK_PATH")
	if path == "" {
		return nil
	}
	conn, err := net.DialTimeout("unix", path, patience)
	if err != nil {
		return fmt.Errorf("EINHORN_SOCK_PATH: %w", err)
	}
	defer conn.Close()
	_, err = fmt.Fprintf(conn, `{"command":"worker:ack","pid":%d}`+"\n", os.Getpid())
	return err
}
