package proc

import (
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Who has no privileges sees and ends its own processes only, and installs a filter with no_new_privs.
func TestAsNobody(t *testing.T) {
	testkit.AsNobody(t, "^(TestFilterIsBelowTheKeeper|TestNestedFilter|TestKillReachesEverything|TestSignalReachesStraysWhenTheGroupIsGone|TestEverythingEndsWithHotswap|TestKilledKeeper.*|TestEndLeftovers|TestLeftoversOfTheLiving|TestOpenForWritingBy|TestServerHearsTheEndOnceBelowAWrapper|TestTreeWithoutDescriptors|TestDescriptorsOfTheKeeper)$")
}
