package events

import (
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/secret"
)

// longestWhy bounds the text of a failure in bytes.
const longestWhy = 4 << 10

// Why returns what commands about events get to know of a failure: a reason, and its cause.
func Why(reason, cause string) string {
	return secret.Text(plain.Short(human.Dots(reason, cause), longestWhy))
}
