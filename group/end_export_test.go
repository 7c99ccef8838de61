package group

var TrackAll = trackAll
