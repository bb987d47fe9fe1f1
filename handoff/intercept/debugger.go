package intercept

import (
	"strconv"
	"strings"
)

// debugPort is the port on which a program with these arguments lets a
// debugger in, if its arguments say so: node's --inspect family (9229 unless
// told) and the JVM's jdwp agent.
func debugPort(args []string) (port uint16, ok bool) {
	for _, arg := range args {
		text := ""
		switch {
		case strings.HasPrefix(arg, "--inspect"):
			flag, value, has := strings.Cut(arg, "=")
			switch flag {
			case "--inspect", "--inspect-brk", "--inspect-wait":
				text = "9229"
			case "--inspect-port":
			default:
				continue
			}
			if has {
				text = value[strings.LastIndexByte(value, ':')+1:]
			}
		case strings.HasPrefix(arg, "-agentlib:jdwp="):
			for option := range strings.SplitSeq(arg, ",") {
				if value, found := strings.CutPrefix(option, "address="); found {
					text = value[strings.LastIndexByte(value, ':')+1:]
				}
			}
		default:
			continue
		}
		if n, err := strconv.ParseUint(text, 10, 16); err == nil && n != 0 {
			port, ok = uint16(n), true
		}
	}
	return port, ok
}
