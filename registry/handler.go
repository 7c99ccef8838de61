package registry

import (
	"html/template"
	"net/http"
	"strings"
)

var page = template.Must(template.New("callers").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Callers</title>
<style>body{font-family:sans-serif}td,th{padding:.2em .8em;text-align:right}td:first-child,th:first-child{text-align:left}</style></head>
<body><h1>Callers</h1>
<table><tr><th>name</th><th>id</th><th>state</th><th>thread</th><th>queued</th><th>suspended</th><th>timers</th><th>calls run</th><th>longest call</th></tr>
{{define "node"}}<tr><td style="padding-left:{{.Indent}}em">{{.Name}}</td><td>{{.ID}}</td><td>{{.State}}</td><td>{{.ThreadID}}</td><td>{{.QueueDepth}}</td><td>{{.Suspended}}</td><td>{{.Timers}}</td><td>{{.CallsRun}}</td><td>{{.LongestCall}}</td></tr>
{{end}}{{range .}}{{template "node" .}}{{end}}</table>
<p><a href="?format=json">JSON</a></p></body></html>
`))

type row struct {
	Info
	Indent int
}

func rows(nodes []*Node, indent int, into []row) []row {
	for _, n := range nodes {
		into = rows(n.Children, indent+2, append(into, row{n.Info, indent}))
	}
	return into
}

// Handler serves the debug page: a table of all callers by descent, or with ?format=json (or an Accept
// header that asks for it) the Snapshot.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("format") == "json" || strings.Contains(r.Header.Get("Accept"), "application/json") {
			body, err := Snapshot()
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, rows(Tree(), 0, nil))
	})
}
