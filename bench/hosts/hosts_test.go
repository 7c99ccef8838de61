package main

import (
	"os"
	"strings"
	"testing"

	"github.com/pinion-go/pinion/bench/internal/measure"
)

// TestMain lets the test binary stand in for the command when it starts itself again.
func TestMain(m *testing.M) {
	if measure.IsChild() {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestEverything measures all toolkits, briefly: each has its figures, of every workload.
func TestEverything(t *testing.T) {
	var out strings.Builder
	err := command([]string{"-short"}, &out)
	t.Log(out.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, toolkit := range toolkits {
		for _, line := range []string{"\n### " + toolkit.name + "/trip", "\n| " + toolkit.name + "/latency |", "\n| " + toolkit.name + "/flood |"} {
			if !strings.Contains(out.String(), line) {
				t.Errorf("no line begins with %q", line)
			}
		}
	}
}
