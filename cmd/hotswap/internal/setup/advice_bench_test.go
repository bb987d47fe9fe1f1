package setup

import (
	"os"
	"testing"
)

// Every run of hotswap begins with this.
func BenchmarkAdvice(b *testing.B) {
	files := os.DirFS("../../../../examples/hono-cdc")
	for b.Loop() {
		Advice(files, files, []string{"npm", "run", "dev"})
	}
}
