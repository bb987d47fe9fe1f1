package usage

import (
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestAsNobody(t *testing.T) { testkit.AsNobody(t, "^TestMemoryOfThisProcess$") }
