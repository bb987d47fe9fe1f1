package ui

import "github.com/hotswap-dev/hotswap/handoff/runtime/node"

// AdapterLimited says that a feature of the adapter is off in this version of Node.
func (l Printer) AdapterLimited(limit node.Limit) {
	l.Log.Warn().Str("event", "adapter-limited").Str("feature", limit.Feature).Str("node", limit.Node).Str("what", limit.What).
		Msgf("%s is off: Node %s is not known to hotswap (%s is not as expected)", limit.Feature, limit.Node, limit.What)
}

// barred tells, once, that a Node process has the adapter and may not read its files.
func (l Printer) AdapterBarred(gen, pid int) {
	l.Log.Warn().Str("event", "no-adapter").Int("gen", gen).Int("pid", pid).
		Msgf("process %d runs without hotswap's adapter, which it may not read under --permission; its connections are observed from outside", pid)
}

// denied tells, once, that Node may not read the adapter.
func (l Printer) AdapterDenied(gen int) {
	l.Log.Warn().Str("event", "no-adapter").Int("gen", gen).
		Msgf("generation %d ended because Node runs under --permission and may not read hotswap's adapter: from now on the program runs without the adapter, and its connections are observed from outside", gen)
}
