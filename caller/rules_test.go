package caller_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// level says who may import whom: only packages of a lower level.
var level = map[string]int{
	"queue": 0, "registry": 0, "loop/host/xvfb": 0, "loop": 1, "loop/looptest": 2, "pending": 2, "group": 3, "caller": 4,
	"caller/mainthread": 5, "caller/callertest": 5,
}

const module = "github.com/pinion-go/pinion/"

func TestImportsPointDownwards(t *testing.T) {
	for pkg, own := range level {
		for _, file := range sources(t, pkg) {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			require.NoError(t, err)
			for _, spec := range parsed.Imports {
				path := strings.Trim(spec.Path.Value, `"`)
				if imported, ours := strings.CutPrefix(path, module); ours {
					other, known := level[imported]
					require.True(t, known && other < own, "%s imports %s", file, imported)
				}
			}
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	for pkg := range level {
		documented := slices.ContainsFunc(sources(t, pkg), func(file string) bool {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
			require.NoError(t, err)
			return parsed.Doc != nil
		})
		require.True(t, documented || len(sources(t, pkg)) == 0, "package %s has no comment", pkg)
	}
}

// sources are the files of a package that are not tests.
func sources(t *testing.T, pkg string) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join("..", "go.mod")); err != nil {
		t.Skip("no sources here:", err)
	}
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(pkg), "*.go"))
	require.NoError(t, err)
	return slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}
