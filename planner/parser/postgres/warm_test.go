package postgres

import "testing"

// TestSample: a sample with a mistake would warm nothing.
func TestSample(t *testing.T) {
	if _, err := Parse(sample); err != nil {
		t.Fatal(err)
	}
	Warm()
}
