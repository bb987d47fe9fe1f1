package supervisor

import (
	"net/netip"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Many listeners are one notice: the first one serves, and the others follow within a moment.
func TestManyListeners(t *testing.T) {
	th := cold(func(*Config) {})
	for port := range uint16(200) {
		th.tells = append(th.tells, handoff.Listening{Gen: 1, Endpoint: handoff.Endpoint{Network: "tcp4", Addr: netip.AddrPortFrom(portA.Addr.Addr(), 5000+port)}})
	}
	th.perform(t, func(t *testing.T, _ *Supervisor, told func() []report.Notice) {
		time.Sleep(time.Second)
		var listens []report.NoticeListening
		for _, n := range told() {
			if n, ok := n.(report.NoticeListening); ok {
				listens = append(listens, n)
			}
		}
		if len(listens) != 1 || len(listens[0].Endpoints) != 200 { // 199, and that of all programs here
			t.Errorf("%d notices: %v", len(listens), listens)
		}
	})
}
