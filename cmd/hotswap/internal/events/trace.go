package events

import (
	"fmt"
	"io"
	"os"
)

// OpenTrace opens the file that HOTSWAP_TRACE names, which gets what the loop does, for contributors. Nil: none is
// named.
func OpenTrace() (io.Writer, error) {
	path := os.Getenv("HOTSWAP_TRACE")
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("HOTSWAP_TRACE: %w", err)
	}
	return f, nil
}
