package handoff

import (
	"regexp"
	"strings"
)

var nodeName = regexp.MustCompile(`^node(js)?(-?v?\d+(\.\d+)*)?$`)

// IsNode tells of the name of a program's file that it is Node: node, nodejs, node-22,
// node20, node-v22.1.0, as distributions and version managers name it. It is the file
// that runs (/proc/PID/exe, with what the kernel adds when it was replaced meanwhile):
// a symbolic link to Node has the name of what it leads to, and the shims of corepack
// and its like are scripts that Node runs.
func IsNode(name string) bool { return nodeName.MatchString(strings.TrimSuffix(name, " (deleted)")) }
