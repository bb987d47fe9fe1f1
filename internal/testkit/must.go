package testkit

import (
	"errors"
	"testing"
)

// Must returns a value, and fails the test at an error: testkit.Must(net.Dial("tcp", address))(t).
func Must[T any](value T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		NoError(t, err)
		return value
	}
}

// NoError fails the test at an error.
func NoError(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
