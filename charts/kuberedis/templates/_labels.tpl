{{- define "kuberedis.labels" -}}
app.kubernetes.io/name: kuberedis-operator
app.kubernetes.io/part-of: kuberedis
{{- end }}
{{- define "kuberedis.dashboardLabels" -}}
app.kubernetes.io/name: kuberedis-dashboard
app.kubernetes.io/part-of: kuberedis
{{- end }}
