package record

import (
	"cmp"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// boot identifies this run of the kernel (random(4)).
var boot = sync.OnceValue(func() string {
	b, _ := procfs.Read("/proc/sys/kernel/random/boot_id")
	return cmp.Or(strings.TrimSpace(string(b)), "unknown")
})

// namespace identifies the pid namespace (namespaces(7)).
var namespace = sync.OnceValue(func() string {
	return procfs.Self.Link("ns/pid")
})
