package measure

import (
	"os"
	"os/exec"
)

// childMark tells a test binary that it has been started as the command.
const childMark = "PINION_BENCH_CHILD"

// Self is this program, to be run again.
func Self(args ...string) (*exec.Cmd, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), childMark+"=1")
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// IsChild says whether Self has started this process: then a test binary has to stand in for the command.
func IsChild() bool { return os.Getenv(childMark) != "" }
