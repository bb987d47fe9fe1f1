package usage

import (
	"os"
	"testing"
)

func TestStarved(t *testing.T) {
	if Starved([]int{os.Getpid()}) <= 0 {
		t.Error("the threads of this process have never waited for a processor")
	}
}
