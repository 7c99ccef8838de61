package group

import "errors"

// ErrInvalid is returned for options and arguments that make no sense.
var ErrInvalid = errors.New("group: invalid argument")
