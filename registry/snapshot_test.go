package registry_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pinion-go/pinion/registry"
)

func TestSnapshot(t *testing.T) {
	root := register(t, "root", nil, func(f *fake) {
		f.thread = 77
		f.info = registry.Info{State: "running", QueueDepth: 1, Suspended: 2, Timers: 3, CallsRun: 4,
			LongestCall: 5 * time.Millisecond, Protected: true}
	})
	child := register(t, `<b>"child"</b>`, root, func(f *fake) { f.info.State = "created" })
	body, err := registry.Snapshot()
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`[{
		"id": %d, "name": "root", "state": "running", "thread_id": 77, "queue_depth": 1, "suspended": 2,
		"timers": 3, "calls_run": 4, "longest_call": 5000000, "protected": true,
		"children": [{
			"id": %d, "parent": %d, "name": "<b>\"child\"</b>", "state": "created", "queue_depth": 0,
			"suspended": 0, "timers": 0, "calls_run": 0, "longest_call": 0
		}]
	}]`, root.id, child.id, root.id), string(body))

	var nodes []*registry.Node
	require.NoError(t, json.Unmarshal(body, &nodes))
	require.Equal(t, registry.Tree(), nodes, "it can be read back")
}

// No callers are a list of none, for programs that go through it.
func TestSnapshotOfNobody(t *testing.T) {
	body, err := registry.Snapshot()
	require.NoError(t, err)
	require.JSONEq(t, "[]", string(body))
}

func get(t *testing.T, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	registry.Handler().ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
	return w
}

func TestHandlerJSON(t *testing.T) {
	register(t, "a", nil)
	want, err := registry.Snapshot()
	require.NoError(t, err)
	for name, w := range map[string]*httptest.ResponseRecorder{
		"asked for":        get(t, "/debug/callers?format=json"),
		"accepted":         get(t, "/debug/callers", "Accept", "application/json"),
		"accepted as well": get(t, "/debug/callers", "Accept", "text/plain;q=0.5, application/json"),
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
			require.JSONEq(t, string(want), w.Body.String())
		})
	}
}

func TestHandlerPage(t *testing.T) {
	root := register(t, "root", nil, func(f *fake) {
		f.thread = 4711
		f.info = registry.Info{State: "running", QueueDepth: 101, Suspended: 102, Timers: 103, CallsRun: 104,
			LongestCall: 105 * time.Millisecond}
	})
	child := register(t, "child", root)
	register(t, "grandchild", child)
	w := get(t, "/debug/callers", "Accept", "text/html,*/*;q=0.8")
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	body := w.Body.String()
	for _, cell := range []string{"running", "4711", "101", "102", "103", "104", "105ms", fmt.Sprint(root.id)} {
		require.Contains(t, body, "<td>"+cell+"</td>")
	}
	rows := strings.Split(body, "<tr>")[2:]
	require.Len(t, rows, 3)
	for i, name := range []string{"root", "child", "grandchild"} {
		require.Contains(t, rows[i], fmt.Sprintf(`padding-left:%dem">%s<`, 2*i, name))
	}
}

func TestHandlerPageOfNobody(t *testing.T) {
	require.Contains(t, get(t, "/").Body.String(), "</html>")
}

// A name may come from anywhere, also from somebody who means harm.
func TestHandlerEscapesNames(t *testing.T) {
	name := `<script>alert("x")</script>&'`
	register(t, name, nil, func(f *fake) { f.info.State = `<img src=x onerror=alert(1)>` })
	body := get(t, "/").Body.String()
	require.NotContains(t, body, "<script>")
	require.NotContains(t, body, "<img")
	require.Contains(t, body, "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;&amp;&#39;")

	json := get(t, "/?format=json").Body.String()
	require.NotContains(t, json, "<script>", "also where a browser guesses at the type")
}
