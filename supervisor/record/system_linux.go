package record

import (
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// boot identifies this run of the kernel (random(4)).
var boot = sync.OnceValue(func() string {
	b, _ := procfs.Read("/proc/sys/kernel/random/boot_id")
	if id := strings.TrimSpace(string(b)); id != "" {
		return id
	}
	return "unknown"
})

// namespace identifies the pid namespace (namespaces(7)).
var namespace = sync.OnceValue(func() string {
	return procfs.Self.Link("ns/pid")
})
