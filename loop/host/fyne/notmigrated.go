//go:build !migrated_fynedo

package fynehost

const builtMigrated = false
