package testkit

import (
	"bytes"
	"encoding/json"
	"testing"
)

// Left is how a child gets what a part of its parent has frozen: the state as JSON, and these descriptors.
func Left(t testing.TB, state any, fds []int) func(state any) []int {
	return func(into any) []int {
		t.Helper()
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		NoError(t, e.Encode(state))
		NoError(t, json.Unmarshal(b.Bytes(), into))
		return fds
	}
}
