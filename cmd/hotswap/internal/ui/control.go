package ui

func (l Printer) ControlUnavailable(err error) {
	l.Log.Warn().Str("event", "control-unavailable").Err(err).
		Msgf("%v: hotswap status, reload, rollback and stop cannot reach this hotswap", err)
}

func (l Printer) RecordFailed(err error) {
	l.Log.Warn().Str("event", "record-failed").Err(err).
		Msgf("cannot write the record of this run: %v; if hotswap is killed, the next start does not find what is left", err)
}
