package testkit

import (
	"encoding/json"
	"testing"
)

// Left is how a child gets what a part of its parent has frozen: the state as JSON, and these descriptors.
func Left(t testing.TB, state any, fds []int) func(state any) []int {
	text, err := json.Marshal(state)
	NoError(t, err)
	return func(into any) []int { NoError(t, json.Unmarshal(text, into)); return fds }
}
