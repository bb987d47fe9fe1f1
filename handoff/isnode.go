package handoff

import (
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

var nodeName = lazy.Pattern(`^node(js)?(-?v?\d+(\.\d+)*)?$`)

// IsNode reports whether a program's file is Node by its name: node, nodejs, node-22, node20, node-v22.1.0,
// as distributions and version managers name it. The name is that of the running file (/proc/PID/exe), to
// which the kernel adds " (deleted)" when the file was replaced.
func IsNode(name string) bool { return nodeName().MatchString(strings.TrimSuffix(name, " (deleted)")) }
