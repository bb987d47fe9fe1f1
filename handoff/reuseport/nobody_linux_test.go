package reuseport

import (
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What the registry and the probe do takes no privileges: sockets of a group, programs on it, and questions about
// sockets and processes.
func TestAsNobody(t *testing.T) {
	testkit.AsNobody(t, "^(TestSharingLate|TestAdoptedSocket|TestWorkerThatEnds|TestSockets|TestHalfOpen|TestQuestionsShareASocket|TestAimExceptsOneClientPort|TestProbeWaitsForAccept|TestProbeEndsWhenTheListenerIsClosed|TestListenersAreInTheOrderOfListening)$")
}
