package record

import (
	"os"
	"strings"
	"sync"
)

// boot identifies this run of the kernel (random(4)).
var boot = sync.OnceValue(func() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if id := strings.TrimSpace(string(b)); id != "" {
		return id
	}
	return "unknown"
})

// namespace identifies the pid namespace (namespaces(7)).
var namespace = sync.OnceValue(func() string {
	name, _ := os.Readlink("/proc/self/ns/pid")
	return name
})
