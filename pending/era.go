package pending

import "go.uber.org/atomic"

var eras atomic.Uint32

// Era begins a new era and returns its number, so that MadeSince can tell what existed before from what is
// made from now on.
func Era() uint32 { return eras.Inc() }

// MadeSince reports whether p was made after Era returned that number.
func MadeSince(p Handle, era uint32) bool {
	made, ok := p.(interface{ madeSince(uint32) bool })
	return ok && made.madeSince(era)
}

func (p *core) madeSince(era uint32) bool { return int32(p.era-era) >= 0 }
