package ui

func (l Printer) ControlUnavailable(err error) {
	l.Log.Warn().Str("event", "control-unavailable").Err(err).
		Msgf("%v: hotswap status, reload, rollback and stop will not reach this one", err)
}

func (l Printer) RecordFailed(err error) {
	l.Log.Warn().Str("event", "record-failed").Err(err).
		Msgf("what runs cannot be written down: %v; nobody will find what is left if hotswap is killed", err)
}
